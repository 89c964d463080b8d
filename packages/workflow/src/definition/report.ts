import type { Diagnostic, DocumentPath, SourcePosition } from '@capstan/schema';
import { WORKFLOW_DIAGNOSTICS, type WorkflowDiagnosticCode } from './diagnostic-codes.ts';

/** A document whose places are known. */
export interface PlacedDocument {
  locate(path: DocumentPath, part?: 'key' | 'value'): SourcePosition;
  frame?(position: SourcePosition): string;
}

/** What is said about a place. */
export interface Finding {
  readonly message: string;
  readonly hint?: string | undefined;
  /** Point at the key instead of the value. */
  readonly part?: 'key' | 'value';
}

/** Collects the diagnostics of one workflow. */
export class Report {
  readonly #document: PlacedDocument;
  readonly #diagnostics: Diagnostic[] = [];

  constructor(document: PlacedDocument) {
    this.#document = document;
  }

  get hasErrors(): boolean {
    return this.#diagnostics.some(({ severity }) => severity === 'error');
  }

  add(code: WorkflowDiagnosticCode, path: DocumentPath, { message, hint, part }: Finding): void {
    const position = this.#document.locate(path, part);
    this.#diagnostics.push({
      severity: WORKFLOW_DIAGNOSTICS[code],
      code,
      message,
      position,
      ...(this.#document.frame === undefined ? {} : { frame: this.#document.frame(position) }),
      ...(hint === undefined ? {} : { hint }),
    });
  }

  /** Takes over what the reader of the notation found. */
  adopt(diagnostics: readonly Diagnostic[]): void {
    this.#diagnostics.push(...diagnostics);
  }

  /** In the order of their places. */
  finish(): readonly Diagnostic[] {
    return this.#diagnostics.toSorted(({ position: a }, { position: b }) => a.line - b.line || a.column - b.column);
  }
}
