import { type LoadManifestFolderOptions, lintPack, type ManifestLoading, type PackManifest } from '@capstan/manifest';
import { type BackendProblem, parseHttpBackend } from '@capstan/rest';
import { type Diagnostic, type DocumentPath, hasErrors, type SourcePosition } from '@capstan/schema';
import type { JsonSchema } from '@capstan/sdk';
import { joinSources } from '../sources/join-sources.ts';
import { sourceDiagnostics } from '../sources/source-diagnostics.ts';

/**
 * Everything that can be said of a pack without running it: what its author wants to see, of its declared calls and of
 * its sources too. The manifest that comes back has the tools of its sources.
 */
export function inspectPack(folder: string, options: LoadManifestFolderOptions = {}): ManifestLoading {
  const loading = lintPack(folder, options);
  const { manifest, locate } = loading;
  if (manifest === undefined) return loading;
  const joined = joinSources(manifest, folder, locate);
  const found = [...declaredCallFindings(manifest, locate), ...sourceDiagnostics(joined.findings, locate)];
  const more = options.strict === true ? found.map((each) => ({ ...each, severity: 'error' as const })) : found;
  const diagnostics = [...loading.diagnostics, ...more];
  return options.strict === true && hasErrors(more)
    ? { locate, diagnostics }
    : { locate, diagnostics, manifest: joined.manifest };
}

function declaredCallFindings(
  manifest: PackManifest,
  locate: (path: DocumentPath) => SourcePosition,
): readonly Diagnostic[] {
  const configKeys = Object.keys(manifest.configSchema.properties);
  return manifest.tools.flatMap(({ name, backend, inputSchema, position }, index) => {
    if (backend.kind !== 'http') return [];
    const parameters = parametersOf(inputSchema);
    const reading = parseHttpBackend(backend.spec, { configKeys, ...(parameters === undefined ? {} : { parameters }) });
    if (reading.ok) return [];
    const path = isAt(locate(['tools', index]), position) ? ['tools', index, 'http'] : [];
    return reading.problems.map((problem) => callFinding(name, problem, locate([...path, ...problem.path])));
  });
}

function callFinding(tool: string, { path, message, hint }: BackendProblem, position: SourcePosition): Diagnostic {
  const where = path.length === 0 ? 'http' : `http.${path.join('.')}`;
  return {
    severity: 'error',
    code: 'CAPSTAN_PACK_HTTP_BACKEND',
    message: `${tool}: ${where}: ${message}`,
    ...(hint === undefined ? {} : { hint }),
    position,
  };
}

/** A tool that was left out moves those after it. */
function isAt(place: SourcePosition, position: SourcePosition): boolean {
  return place.line === position.line && place.column === position.column;
}

/** A schema without properties takes any argument. */
function parametersOf(schema: JsonSchema): readonly string[] | undefined {
  const properties = typeof schema === 'object' ? schema.properties : undefined;
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : undefined;
}
