import { posix } from 'node:path';
import type { Diagnostic, DocumentPath, Severity, SourcePosition } from '@capstan/schema';
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
    if (this.#diagnostics.length >= MAX_DIAGNOSTICS) {
      this.#left += 1;
      return;
    }
    const document = finding.document ?? this.#manifest;
    const position = document.locate(path, finding.part);
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
    return this.#diagnostics.toSorted(
      ({ position: a }, { position: b }) =>
        files.indexOf(a.path) - files.indexOf(b.path) || a.line - b.line || a.column - b.column,
    );
  }

  #tooMany(left: number): Diagnostic {
    const message = `${left} more problems are not listed`;
    const hint = 'Mend those above first.';
    const position = this.#manifest.locate([]);
    return { severity: this.#fatal ? 'error' : 'warning', code: 'CAPSTAN_MANIFEST_TOO_MANY', message, hint, position };
  }
}
