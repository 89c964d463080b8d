import type { OpenApiImport } from './import-openapi.ts';
import type { OpenApiTool } from './import-operation.ts';

/** What the README of an imported pack speaks of. */
export interface ReadmeFacts {
  readonly code: string;
  readonly reading: OpenApiImport;
  readonly notes: readonly string[];
}

/** Writes the README of a pack made of a document: settings, tools, and what became of every operation that is none. */
export function packReadme({ code, reading, notes }: ReadmeFacts): string {
  const { title, version, tools, report } = reading;
  const skipped = report.filter(({ status }) => status === 'skipped');
  const excluded = report.filter(({ status }) => status === 'excluded').length;
  return [
    `# ${title}`,
    '',
    `A pack of ${tools.length} tools, made by \`capstan pack from-openapi\` of the OpenAPI document of ${title}, version ${version}.`,
    '',
    ...settingsPart(reading, code),
    '## Tools',
    '',
    '| tool | what it does | danger |',
    '| --- | --- | --- |',
    ...tools.map((tool) => `| \`${tool.name}\` | ${cell(firstLine(tool))} | ${tool.dangerLevel} |`),
    '',
    '## What could not be mapped',
    '',
    skipped.length === 0
      ? 'Every operation that was asked for is a tool.'
      : `${skipped.length} of ${report.length} operations:`,
    '',
    ...skipped.map(({ operation, reason = '' }) => `- \`${operation}\`: ${reason}`),
    ...(excluded === 0 ? [] : ['', `${excluded} more were left out by \`--include\` and \`--exclude\`.`]),
    ...(notes.length === 0 ? [] : ['', '## Notes', '', ...notes.map((note) => `- ${note}`)]),
    '',
  ].join('\n');
}

function settingsPart({ config }: OpenApiImport, code: string): readonly string[] {
  const rows = Object.entries(config.properties).map(([key, { description, default: usual }]) => {
    const isRequired = config.required.includes(key);
    const notes = [isRequired ? 'required' : 'optional', ...(usual === undefined ? [] : [`default \`${usual}\``])];
    return `| \`${key}\` | \`${`${code}_${key}`.toUpperCase()}\` | ${cell(description)} | ${notes.join(', ')} |`;
  });
  return ['## Settings', '', '| key | variable | what it is | |', '| --- | --- | --- | --- |', ...rows, ''];
}

function firstLine({ displayName, description }: OpenApiTool): string {
  return displayName ?? description.split('\n', 1)[0] ?? '';
}

/** One line of a table: no line break, no column of its own. */
function cell(text: string): string {
  const line = text
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('|', '\\|')
    .trim();
  return line.length <= 160 ? line : `${line.slice(0, 159)}…`;
}
