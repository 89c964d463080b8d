import { posix } from 'node:path';
import { type Diagnostic, type DocumentPath, MASK, type Severity, type SourcePosition } from '@capstan/schema';
import { MANIFEST_DIAGNOSTICS, type ManifestDiagnosticCode } from './diagnostic-codes.ts';

/** A file whose places are known. */
export interface PlacedDocument {
  locate(path: DocumentPath, part?: 'key' | 'value'): SourcePosition;
  frame(position: SourcePosition): string;
}

/** What is said about a place, beyond the code. */
export interface Finding {
  readonly message: string;
  readonly hint?: string | undefined;
  /** Point at the key instead of the value. */
  readonly part?: 'key' | 'value';
  /** The file that the path is of; default the manifest. */
  readonly document?: PlacedDocument;
  /** A text of the line that no frame may show. */
  readonly hidden?: string;
  /** An error that leaves something out, and the pack still loads. */
  readonly survivable?: boolean;
}

const MAX_DIAGNOSTICS = 500;

/** Collects the diagnostics of one manifest. */
export class Report {
  readonly #strict: boolean;
  readonly #manifest: PlacedDocument;
  readonly #path: string;
  readonly #diagnostics: Diagnostic[] = [];
  readonly #hidden: { readonly text: string; readonly line: string }[] = [];
  #left = 0;
  #fatal = false;
  #normalised = false;

  constructor(manifest: PlacedDocument, options: { readonly strict: boolean; readonly path: string }) {
    this.#manifest = manifest;
    this.#path = options.path;
    this.#strict = options.strict;
  }

  /** Whether an error leaves no manifest to use. */
  get fatal(): boolean {
    return this.#fatal;
  }

  /** Whether anything was put from another dialect into ours. */
  get normalised(): boolean {
    return this.#normalised;
  }

  /** Where a part of the manifest stands in its file. */
  locate(path: DocumentPath): SourcePosition {
    return this.#manifest.locate(path);
  }

  /** How a file beside the manifest is named in diagnostics. */
  pathBeside(file: string): string {
    return posix.join(posix.dirname(this.#path), file);
  }

  add(code: ManifestDiagnosticCode, path: DocumentPath, finding: Finding): void {
    const kind = MANIFEST_DIAGNOSTICS[code];
    if (kind === 'normalised') this.#normalised = true;
    const severity: Severity = kind === 'error' || this.#strict ? 'error' : 'warning';
    if (severity === 'error' && (this.#strict || !finding.survivable)) this.#fatal = true;
    const document = finding.document ?? this.#manifest;
    const position = document.locate(path, finding.part);
    if (finding.hidden !== undefined) this.#hidden.push({ text: finding.hidden, line: lineOf(position) });
    if (this.#diagnostics.length >= MAX_DIAGNOSTICS) {
      this.#left += 1;
      return;
    }
    this.#diagnostics.push({
      severity,
      code,
      message: finding.message,
      position,
      frame: document.frame(position),
      ...(finding.hint === undefined ? {} : { hint: finding.hint }),
    });
  }

  /** Takes over what a reader of a file found. */
  adopt(diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) {
      const severity = this.#strict ? 'error' : diagnostic.severity;
      if (severity === 'error') this.#fatal = true;
      this.#diagnostics.push({ ...diagnostic, severity });
    }
  }

  /** All of them, in the order of their places; files in the order in which they were first named. */
  finish(): readonly Diagnostic[] {
    if (this.#left > 0) {
      const left = this.#left;
      this.#left = 0;
      this.#diagnostics.push(this.#tooMany(left));
    }
    const files = [...new Set(this.#diagnostics.map(({ position }) => position.path))];
    return this.#diagnostics
      .map((diagnostic) => this.#withoutHidden(diagnostic))
      .toSorted(
        ({ position: a }, { position: b }) =>
          files.indexOf(a.path) - files.indexOf(b.path) || a.line - b.line || a.column - b.column,
      );
  }

  /** Masks in a frame what is hidden in its line. A frame that shows a part of the line may show a part of that: it goes. */
  #withoutHidden(diagnostic: Diagnostic): Diagnostic {
    const { frame, ...rest } = diagnostic;
    const hidden = this.#hidden.filter(({ line }) => line === lineOf(diagnostic.position));
    if (frame === undefined || hidden.length === 0) return diagnostic;
    if (frame.includes('…') || hidden.some(({ text }) => !frame.includes(text))) return rest;
    return { ...rest, frame: hidden.reduce((masked, { text }) => withMask(masked, text), frame) };
  }

  #tooMany(left: number): Diagnostic {
    const message = `${left} more problems are not listed`;
    const hint = 'Mend those above first.';
    const position = this.#manifest.locate([]);
    return { severity: this.#fatal ? 'error' : 'warning', code: 'CAPSTAN_MANIFEST_TOO_MANY', message, hint, position };
  }
}

function lineOf({ path, line }: SourcePosition): string {
  return `${path}:${line}`;
}

/** Masks a text in the line of a frame, and moves the caret under what it pointed at. */
function withMask(frame: string, text: string): string {
  const [line = '', caret = ''] = frame.split('\n');
  const before = line.slice(0, caret.length - 1).split(text).length - 1;
  const shift = before * (text.length - MASK.length);
  const indent = shift > 0 ? caret.slice(0, -1 - shift) : `${caret.slice(0, -1)}${' '.repeat(-shift)}`;
  return `${line.replaceAll(text, MASK)}\n${indent}^`;
}
