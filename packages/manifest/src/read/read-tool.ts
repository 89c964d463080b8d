import { compileSchema, type DocumentPath, pointerPath, suggest } from '@capstan/schema';
import { CATEGORIES, DANGER_LEVELS, type DangerLevel, type JsonSchema, type ToolAnnotations } from '@capstan/sdk';
import { checkBackend } from '../lint/check-backend.ts';
import type { ManifestTool } from '../pack-manifest.ts';
import { type Fields, listAt, member, numberAt, textAt, textsAt } from '../record.ts';
import { readAnnotations } from './read-annotations.ts';
import { readBackend, type ToolPlace } from './read-backend.ts';
import { readJsonSchema, readSchemaFile } from './read-json-schema.ts';
import { readBreaker, readCache, readRateLimit, readRetry } from './read-limits.ts';
import { readPermissions } from './read-permissions.ts';
import { isJson, present, type ReadingContext } from './reading-context.ts';
import { unknownMembers } from './unknown-members.ts';

/** Where a tool stands, and what is known of it already. */
export interface ToolReading extends ToolPlace {
  readonly aliases: readonly string[];
  /** The display name of the pack. */
  readonly packName: string;
}

/** Reads one tool. `undefined`, with diagnostics, where it cannot be used. */
export function readTool(tool: Fields, place: ToolReading, context: ReadingContext): ManifestTool | undefined {
  const dangerLevel = DANGER_LEVELS.find((level: DangerLevel) => level === member(tool, 'danger_level'));
  const inputSchema = readInputSchema(tool, place.path, context);
  const backend = readBackend(tool, place, context);
  const category = textAt(tool, 'category');
  if (category !== undefined) checkCategory(category, [...place.path, 'category'], context);
  if (context.thorough && inputSchema !== undefined) checkExamples(tool, inputSchema, place.path, context);
  if (!backend || inputSchema === undefined) return undefined;
  if (context.thorough) {
    const schemaKey = member(tool, 'input_schema') === undefined ? 'schema_path' : 'input_schema';
    checkBackend({ backend, inputSchema, path: place.path, schemaKey }, context);
  }
  const annotations = readAnnotations(tool, dangerLevel);
  checkCache(tool, annotations, place.path, context);
  return {
    name: place.name,
    description: textAt(tool, 'description') ?? `${textAt(tool, 'display_name') ?? place.name} (${place.packName})`,
    tags: textsAt(tool, 'tags'),
    aliases: place.aliases,
    examples: listAt(tool, 'examples').filter(isJson),
    inputSchema,
    annotations,
    permissions: readPermissions(tool, place.path, context),
    backend,
    position: context.report.locate(place.path),
    ...present({
      displayName: textAt(tool, 'display_name'),
      category,
      provider: textAt(tool, 'provider'),
      outputSchema: readOutputSchema(tool, place.path, context),
      dangerLevel,
      timeoutMs: numberAt(tool, 'timeout_ms'),
      deadlineMs: numberAt(tool, 'deadline_ms'),
      rateLimit: readRateLimit(tool),
      retry: readRetry(tool),
      breaker: readBreaker(tool),
      cache: readCache(tool),
      fallback: textAt(tool, 'fallback'),
      unknown: unknownMembers(tool, 'tool'),
    }),
  };
}

/** A result that was kept stands in for a call, so the call must not be needed for what it does. */
function checkCache(tool: Fields, annotations: ToolAnnotations, path: DocumentPath, { report }: ReadingContext): void {
  if (member(tool, 'cache') === undefined || annotations.readOnly === true || annotations.idempotent === true) return;
  report.add('CAPSTAN_MANIFEST_CACHE_OF_WRITE', [...path, 'cache'], {
    message: 'results are kept only of tools that are read_only or idempotent',
    hint: 'Say "annotations: { read_only: true }" if the tool changes nothing; else take "cache" away.',
  });
}

function readInputSchema(tool: Fields, path: DocumentPath, context: ReadingContext): JsonSchema | undefined {
  const written = member(tool, 'input_schema');
  const file = textAt(tool, 'schema_path');
  if (written === undefined) {
    return file === undefined ? { type: 'object' } : readSchemaFile(file, [...path, 'schema_path'], context);
  }
  if (file !== undefined) {
    const message = "the tool has both 'input_schema' and 'schema_path'";
    const finding = { message, hint: 'Keep one of the two.' };
    context.report.add('CAPSTAN_MANIFEST_SCHEMA_INVALID', [...path, 'schema_path'], finding);
  }
  return readJsonSchema(written, [...path, 'input_schema'], context);
}

function readOutputSchema(tool: Fields, path: DocumentPath, context: ReadingContext): JsonSchema | undefined {
  const written = member(tool, 'output_schema');
  return written === undefined ? undefined : readJsonSchema(written, [...path, 'output_schema'], context);
}

function checkExamples(tool: Fields, schema: JsonSchema, path: DocumentPath, { report }: ReadingContext): void {
  const compilation = compileSchema(schema, { origin: 'own' });
  if (!compilation.ok) return;
  for (const [index, example] of listAt(tool, 'examples').entries()) {
    for (const { message, pointer, hint } of compilation.schema.problems(example)) {
      const at = [...path, 'examples', index, ...pointerPath(pointer)];
      report.add('CAPSTAN_PACK_EXAMPLE', at, { message: `the example does not fit input_schema: ${message}`, hint });
    }
  }
}

function checkCategory(category: string, path: DocumentPath, { report }: ReadingContext): void {
  const known: readonly string[] = CATEGORIES;
  if (known.includes(category)) return;
  const similar = suggest(category, known);
  const hint = similar === undefined ? `Known are ${known.join(', ')}; others are kept.` : `did you mean '${similar}'?`;
  report.add('CAPSTAN_MANIFEST_UNKNOWN_CATEGORY', path, { message: `'${category}' is no known category`, hint });
}
