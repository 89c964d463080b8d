import type { ManifestTool } from '@capstan/manifest';
import { checkableSchema, importOpenApi, type OpenApiTool, type OperationReport, readOpenApiText } from '@capstan/rest';
import { brokenSource, type JoinedSource, type SourceFinding, type SourcePlace } from './joined-source.ts';
import type { SourceEntry } from './source-entries.ts';

/** The operations of an OpenAPI document as tools of a pack. */
export function openApiSource(entry: SourceEntry, place: SourcePlace): JoinedSource {
  const { path, file, include, exclude } = entry;
  const reading = readOpenApiText(place.text, file);
  if (!reading.ok) {
    const message = `'${file}' cannot be read: ${reading.problems[0]?.split('\n', 1)[0]}`;
    return brokenSource({ path, message, hint: 'Mend the document.' });
  }
  const imported = importOpenApi(reading.document, {
    ...(include === undefined ? {} : { include }),
    ...(exclude === undefined ? {} : { exclude }),
  });
  if (!imported.ok) return brokenSource({ path, message: `'${file}': ${imported.message}`, hint: imported.hint });
  const { properties, required } = imported.config;
  return {
    tools: imported.tools.map((tool) => manifestTool(tool, entry, place)),
    works: new Map(),
    properties: Object.fromEntries(
      Object.entries(properties).map(([key, setting]) => [
        key,
        { ...setting, 'x-env': `${place.code}_${key}`.toUpperCase() },
      ]),
    ),
    required,
    servers: {},
    findings: unmapped(entry, imported.report),
  };
}

function manifestTool(tool: OpenApiTool, { prefix }: SourceEntry, { position }: SourcePlace): ManifestTool {
  return {
    name: `${prefix}${tool.name}`,
    ...(tool.displayName === undefined ? {} : { displayName: tool.displayName }),
    description: tool.description,
    tags: tool.tags,
    aliases: [],
    examples: [],
    inputSchema: checkableSchema(tool.inputSchema).schema,
    dangerLevel: tool.dangerLevel,
    annotations: tool.annotations,
    permissions: ['network_access'],
    backend: { kind: 'http', spec: tool.backend.spec },
    position,
  };
}

const SHOWN = 5;

function unmapped({ path, file }: SourceEntry, report: readonly OperationReport[]): readonly SourceFinding[] {
  const skipped = report.filter(({ status }) => status === 'skipped');
  if (skipped.length === 0) return [];
  const reasons = skipped.slice(0, SHOWN).map(({ operation, reason }) => `${operation} (${reason})`);
  const more = skipped.length > SHOWN ? ` and ${skipped.length - SHOWN} more` : '';
  return [
    {
      severity: 'warning',
      path,
      message: `${skipped.length} of the ${report.length} operations of '${file}' are no tools: ${reasons.join(', ')}${more}`,
      hint: 'Leave them out with exclude, or declare them as http: tools of the manifest.',
    },
  ];
}
