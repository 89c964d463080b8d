import type { JsonValue } from '@capstan/sdk';
import type { ManifestTool, PackManifest } from '../pack-manifest.ts';
import { cell, code, codeBlock, table } from './markdown.ts';
import { schemaTable } from './schema-table.ts';

/** What a README needs beside the manifest. */
export interface PackReadmeOptions {
  /** The npm package; absent for a pack that is a folder only. */
  readonly packageName?: string;
}

/** The README of a pack, in Markdown, made of nothing but its manifest: the same manifest gives the same text. */
export function packReadme(manifest: PackManifest, options: PackReadmeOptions = {}): string {
  const parts = [
    `# ${manifest.displayName}`,
    manifest.description,
    toolList(manifest),
    settings(manifest),
    enabling(manifest, options),
    '## Tools',
    ...manifest.tools.map(toolPart),
    '_Made of `manifest.yaml` by `capstan pack docs --write`; change it there._',
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function toolList({ tools }: PackManifest): string {
  const rows = tools.map((tool) => [
    code(tool.name),
    cell(firstSentence(tool.description)),
    tool.dangerLevel ?? 'unknown',
  ]);
  return table(['tool', 'what it does', 'danger'], rows);
}

function firstSentence(text: string): string {
  return /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text;
}

function settings({ configSchema }: PackManifest): string {
  const { properties, required } = configSchema;
  const rows = Object.entries(properties).map(([name, schema]) => [
    code(name) + (required.includes(name) ? ' (required)' : ''),
    cell([schema.description ?? '', schema['x-secret'] === true ? 'It is a secret.' : ''].filter(Boolean).join(' ')),
    schema.default === undefined ? '' : code(JSON.stringify(schema.default)),
    schema['x-env'] === undefined ? '' : code(schema['x-env']),
  ]);
  if (rows.length === 0) return '';
  return `## Settings\n\n${table(['setting', 'meaning', 'default', 'variable'], rows)}`;
}

/** What an operator adds to `capstan.yaml`, and nothing that the pack does not need. */
function enabling(manifest: PackManifest, { packageName }: PackReadmeOptions): string {
  const runsCode = manifest.tools.some(({ backend }) => backend.kind === 'code');
  const variables = Object.values(manifest.configSchema.properties).flatMap((property) => property['x-env'] ?? []);
  const lines = [
    ...(packageName === undefined ? [] : [`from: ${packageName}`]),
    ...(runsCode ? ["trust: in_process # its code runs in the host's process"] : []),
    ...(variables.length === 0 ? [] : [`environment: [${variables.join(', ')}] # the variables that it may read`]),
  ];
  const own =
    lines.length === 0 ? [`  ${manifest.code}: {}`] : [`  ${manifest.code}:`, ...lines.map((line) => `    ${line}`)];
  const yaml = ['packs:', ...own, 'workspaces:', '  default:', `    packs: [${manifest.code}]`].join('\n');
  const install = packageName === undefined ? '' : `${codeBlock('', `npm install ${packageName}`)}\n\n`;
  const reveal =
    manifest.reveal.length === 0
      ? ''
      : `\n\nIts code reads ${manifest.reveal.map(code).join(', ')} as text; other secrets it can pass on, and not read.`;
  return `## Enable it\n\n${install}In \`capstan.yaml\`:\n\n${codeBlock('yaml', yaml)}${reveal}`;
}

function toolPart(tool: ManifestTool): string {
  const parts = [
    `### ${code(tool.name)}${tool.displayName === undefined ? '' : `: ${tool.displayName}`}`,
    tool.description,
    hints(tool),
    section('Arguments', schemaTable(tool.inputSchema)),
    tool.outputSchema === undefined ? '' : section('Result', schemaTable(tool.outputSchema)),
    ...(tool.examples.length === 0 ? [] : ['For example:', ...tool.examples.map(exampleBlock)]),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function section(title: string, rows: string): string {
  return rows === '' ? '' : `**${title}**\n\n${rows}`;
}

function hints({ annotations, dangerLevel, permissions, rateLimit }: ManifestTool): string {
  const facts = [
    `danger ${dangerLevel ?? 'unknown'}`,
    ...(annotations.readOnly === true ? ['reads only'] : []),
    ...(annotations.destructive === true ? ['may destroy'] : []),
    ...(annotations.idempotent === true ? ['may be repeated'] : []),
    ...(permissions.length === 0 ? [] : [`needs ${permissions.map(code).join(', ')}`]),
    ...(rateLimit === undefined ? [] : [`at most ${rateLimit.limit} calls in ${rateLimit.windowMs / 1000} s`]),
  ];
  return `_${facts.join(' · ')}_`;
}

function exampleBlock(example: JsonValue): string {
  return codeBlock('json', JSON.stringify(example));
}
