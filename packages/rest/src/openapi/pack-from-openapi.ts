import { writeYaml } from '@capstan/schema';
import type { JsonObject, JsonSchema, JsonValue } from '@capstan/sdk';
import { checkableSchema } from '../checkable-schema.ts';
import { importOpenApi, type OpenApiImport, type OperationReport } from './import-openapi.ts';
import type { OpenApiTool } from './import-operation.ts';
import type { OperationFilter } from './operation-filter.ts';
import { packReadme } from './pack-readme.ts';

/** What a pack is made with. */
export interface PackOptions extends OperationFilter {
  /** The pack code. Default: made of the document's title. */
  readonly code?: string;
}

/** A file of a pack, by its path in the pack's folder. */
export interface PackFile {
  readonly path: string;
  readonly text: string;
}

/** A pack made of a document, or why there is none. */
export type PackFromOpenApi =
  | {
      readonly ok: true;
      readonly code: string;
      /** The text of `manifest.yaml`. */
      readonly manifest: string;
      /** Schemas that are too long for the manifest. */
      readonly files: readonly PackFile[];
      /** The text of `README.md`: settings, tools, and what could not be mapped. */
      readonly readme: string;
      readonly report: readonly OperationReport[];
      /** What an author should know of the pack. */
      readonly notes: readonly string[];
    }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/** What a manifest may be at most. */
const MAX_MANIFEST_BYTES = 1024 * 1024;
const MAX_INLINE_SCHEMA = 800;

/** Writes a pack whose tools are the operations of an OpenAPI document. */
export function packFromOpenApi(document: unknown, options: PackOptions = {}): PackFromOpenApi {
  const reading = importOpenApi(document, options);
  if (!reading.ok) return reading;
  const code = options.code ?? codeOf(reading.title);
  const notes: string[] = [];
  const files: PackFile[] = [];
  const tools = reading.tools.map((tool) => writeTool(tool, { notes, files }));
  const write = (written: readonly JsonObject[]): string =>
    writeYaml({ ...headOf(reading, code), tools: [...written] });
  const full = write(tools);
  const manifest = isTooLarge(full) ? write(tools.map(shortened)) : full;
  if (manifest !== full) notes.push('The descriptions were cut: with all of them the manifest would be over 1 MiB.');
  if (isTooLarge(manifest))
    notes.push('The manifest is over 1 MiB and will be refused: leave operations out with include or exclude.');
  if (reading.tools.length === 0) notes.push('The pack has no tools: see the report.');
  const readme = packReadme({ code, reading, notes });
  return { ok: true, code, manifest, files, readme, report: reading.report, notes };
}

function isTooLarge(text: string): boolean {
  return Buffer.byteLength(text) > MAX_MANIFEST_BYTES;
}

function headOf({ title, version, description, config, egress }: OpenApiImport, code: string): JsonObject {
  const properties = Object.entries(config.properties).map(([key, setting]): [string, JsonObject] => [
    key,
    { ...setting, 'x-env': `${code}_${key}`.toUpperCase() },
  ]);
  return {
    manifest_version: 1,
    code,
    display_name: title.slice(0, 100),
    version: /^\d+\.\d+\.\d+$/.test(version) ? version : '0.1.0',
    type: 'connector',
    description: (description?.split('\n\n', 1)[0] ?? `Tools of ${title}`).slice(0, 500),
    config: {
      schema: {
        type: 'object',
        properties: Object.fromEntries(properties),
        ...(config.required.length === 0 ? {} : { required: [...config.required] }),
      },
    },
    egress: [...egress],
    permissions: ['network_access'],
  };
}

interface Writing {
  readonly notes: string[];
  readonly files: PackFile[];
}

function writeTool(tool: OpenApiTool, writing: Writing): JsonObject {
  const { name, displayName, description, tags, dangerLevel, annotations, backend } = tool;
  return {
    name,
    ...(displayName === undefined ? {} : { display_name: displayName }),
    description,
    ...(tags.length === 0 ? {} : { tags: [...tags] }),
    danger_level: dangerLevel,
    annotations: {
      read_only: annotations.readOnly,
      destructive: annotations.destructive,
      idempotent: annotations.idempotent,
      open_world: annotations.openWorld,
    },
    input_schema: writeSchema(name, runnable(tool, writing), writing),
    http: backend.spec,
  };
}

/** In a manifest every pattern has to run in linear time; those that cannot are left to the service. */
function runnable({ name, inputSchema }: OpenApiTool, { notes }: Writing): JsonSchema {
  const { schema, left } = checkableSchema(inputSchema);
  if (left.length > 0) notes.push(`${name}: left to the service to check: ${left.join(', ')}`);
  return schema;
}

function writeSchema(name: string, schema: JsonSchema, { files }: Writing): JsonValue {
  const text = JSON.stringify(schema, undefined, 2);
  if (text.length <= MAX_INLINE_SCHEMA) return JSON.parse(text);
  const path = `./schemas/${name}.json`;
  files.push({ path, text: `${text}\n` });
  return { schema_path: path };
}

function shortened(tool: JsonObject): JsonObject {
  const { description } = tool;
  const [first = ''] = String(description).split('\n\n', 1);
  return { ...tool, description: first.slice(0, 200) };
}

/** A title as a pack code: `GitHub v3 REST API` is `github_v3_rest`. */
function codeOf(title: string): string {
  const words = title
    .toLowerCase()
    .replaceAll(/\bapi\b|'/g, '')
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  return /^[a-z]/.test(words) ? words.slice(0, 40).replace(/_+$/, '') : `api_${words}`.slice(0, 40).replace(/_+$/, '');
}

/** The tools of a report that are missing, and why; for people. */
export function describeReport(report: readonly OperationReport[]): string {
  const mapped = report.filter(({ status }) => status === 'mapped').length;
  const rest = report.filter(({ status }) => status === 'skipped');
  const lines = rest.map(({ operation, reason }) => `  ${operation}: ${reason}`);
  return [
    `${mapped} of ${report.length} operations became tools${rest.length === 0 ? '.' : '; these did not:'}`,
    ...lines,
  ].join('\n');
}
