import { type DocumentPath, suggest } from '@capstan/schema';
import type { JsonSchema } from '@capstan/sdk';
import { pathInPack } from '../pack-files.ts';
import type { CodeBackend, ManifestTool, RemoteBackend } from '../pack-manifest.ts';
import { CODE_ENDINGS, CODE_PLACES } from '../read/code-backend.ts';
import type { ReadingContext } from '../read/reading-context.ts';
import { isFields } from '../record.ts';
import { moduleExports } from './module-exports.ts';

/** A tool, where it stands, and the key that its input schema comes from. */
export interface CheckedTool extends Pick<ManifestTool, 'backend' | 'inputSchema'> {
  readonly path: DocumentPath;
  readonly schemaKey: 'input_schema' | 'schema_path';
}

/** Says what a host would only notice when the tool is called: code that is not there, a parameter that cannot arrive. */
export function checkBackend({ backend, inputSchema, path, schemaKey }: CheckedTool, context: ReadingContext): void {
  if (backend.kind === 'code') checkCode(backend, [...path, 'backend'], context);
  if (backend.kind !== 'remote') return;
  const inSchema = schemaKey === 'input_schema' ? ['input_schema', 'properties', 'context'] : ['schema_path'];
  if (hasContext(inputSchema)) reportContext([...path, ...inSchema], context);
  if (sendsContext(backend)) reportContext([...path, 'remote', 'params', 'context'], context);
}

function checkCode({ module, exportNames, declared }: CodeBackend, at: DocumentPath, context: ReadingContext): void {
  const { files, report } = context;
  const path = CODE_PLACES.flatMap((place) =>
    CODE_ENDINGS.map((ending) => pathInPack(`${place}${module}${ending}`)),
  ).find((candidate) => candidate !== undefined && files.read(candidate).ok);
  if (path === undefined) {
    const message = `the module of '${declared}' is not there`;
    const hint = /^(?:\.\/)?dist\//.test(module)
      ? 'Build the pack first (npm run build); a published package has the built file.'
      : 'Paths count from the folder of the pack.';
    report.add('CAPSTAN_PACK_BACKEND_FILE', at, { message, hint });
    return;
  }
  const found = moduleExports(path, files);
  if (found === undefined || exportNames.some((name) => found.names.has(name))) return;
  const [name = ''] = exportNames;
  if (found.isOpen) {
    const message = `'${path}' has no export '${name}' that can be seen without running it`;
    const hint = 'Export it by name (export const …), so that a misspelt one is noticed.';
    report.add('CAPSTAN_PACK_BACKEND_UNSEEN', at, { message, hint });
    return;
  }
  report.add('CAPSTAN_PACK_BACKEND_EXPORT', at, {
    message: `'${path}' exports no '${name}'`,
    hint: exportHint(exportNames, [...found.names]),
  });
}

function exportHint(wanted: readonly string[], names: readonly string[]): string {
  const meant = wanted.map((name) => suggest(name, names)).find((name) => name !== undefined);
  if (meant !== undefined) return `did you mean '${meant}'?`;
  return names.length === 0 ? 'It exports nothing.' : `It exports ${names.slice(0, 8).join(', ')}.`;
}

function hasContext(schema: JsonSchema): boolean {
  return typeof schema === 'object' && isFields(schema.properties) && Object.hasOwn(schema.properties, 'context');
}

function sendsContext({ params }: RemoteBackend): boolean {
  return Object.hasOwn(params, 'context');
}

function reportContext(at: DocumentPath, { report }: ReadingContext): void {
  report.add('CAPSTAN_PACK_CONTEXT_PARAMETER', at, {
    message: "no parameter of a remote tool is called 'context': the host's own stands there in every request",
    hint: 'Call it otherwise, at the service as well.',
  });
}
