import type { Diagnostic, DocumentPath, SourcePosition } from '@capstan/schema';
import type { SourceFinding } from './joined-source.ts';

/** What is said about sources, with its place in the manifest; `docs/diagnostics.md` explains each code. */
export function sourceDiagnostics(
  findings: readonly SourceFinding[],
  locate: (path: DocumentPath) => SourcePosition,
): readonly Diagnostic[] {
  return findings.map(({ severity, path, message, hint }) => ({
    severity,
    code: severity === 'error' ? 'CAPSTAN_PACK_SOURCE_BROKEN' : 'CAPSTAN_PACK_SOURCE_PARTIAL',
    message,
    hint,
    position: locate(path),
  }));
}
