/** How bad a finding is. */
export type Severity = 'error' | 'warning';

/** A place in a source file. Lines and columns count from 1. */
export interface SourcePosition {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** One finding in a file, with its place and the next action. */
export interface Diagnostic {
  readonly severity: Severity;
  /** For example `CAPSTAN_MANIFEST_UNKNOWN_KEY`; each code is documented. */
  readonly code: string;
  /** The fact, with the offending value. */
  readonly message: string;
  readonly position: SourcePosition;
  /** The next action: "did you mean 'input_schema'?" */
  readonly hint?: string;
  /** The source line, and under it a line with a caret. */
  readonly frame?: string;
}

/** A diagnostic as a person reads it: `path:line:column - severity CODE: message`, the frame, the hint. No colour, no final newline. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { path, line, column } = diagnostic.position;
  const lines = [`${path}:${line}:${column} - ${diagnostic.severity} ${diagnostic.code}: ${diagnostic.message}`];
  if (diagnostic.frame !== undefined) lines.push(diagnostic.frame);
  if (diagnostic.hint !== undefined) lines.push(`  hint: ${diagnostic.hint}`);
  return lines.join('\n');
}

/** Whether any of the findings is an error. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}
