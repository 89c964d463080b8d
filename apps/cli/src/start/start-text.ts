import type { DatabaseDescription } from '@capstan/server';
import type { PackJson } from '../backend/views.ts';
import { noPacksText, settingsWarnings } from '../commands/list-packs.ts';
import { oneLine, padToWidth, wrapToWidth } from '../output/display-text.ts';
import type { Paint } from '../output/paint.ts';
import { stateDetails, stateName, stateSign } from '../output/state-text.ts';
import { curlLine, httpClientSnippet, stdioClientSnippet } from './client-snippets.ts';
import type { StartSummary } from './start-summary.ts';

const WIDEST = 100;
const INDENT = '  ';

/** What a person reads when the server has started: what runs, where it is, how to get in. */
export function startText(summary: StartSummary, paint: Paint, columns: number | undefined): string {
  const width = Math.min(columns ?? WIDEST, WIDEST);
  const blocks = [
    `${paint.good('●')} ${paint.heading('Capstan is running')} at ${paint.link(summary.url)}`,
    packsBlock(summary, paint, width),
    addressBlock(summary, paint),
    keysBlock(summary, paint),
    clientBlock(summary, paint),
    tryBlock(summary, paint),
    paint.quiet('Ctrl-C stops it.'),
  ];
  return `\n${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function packsBlock({ packs, toolCount, workspace }: StartSummary, paint: Paint, width: number): string {
  if (packs.length === 0) return indented(noPacksText().split('\n'));
  const codeWidth = Math.max(...packs.map(({ code }) => code.length));
  return [
    `${paint.heading('Packs')}  ${count(toolCount, 'tool')} in workspace ${workspace}`,
    ...packs.flatMap((pack) => packLines(pack, { paint, codeWidth, width })),
  ].join('\n');
}

interface PackLineStyle {
  readonly paint: Paint;
  readonly codeWidth: number;
  readonly width: number;
}

function packLines(pack: PackJson, { paint, codeWidth, width }: PackLineStyle): readonly string[] {
  const { sign, paint: inColour } = stateSign(pack.state, paint);
  const facts = [
    padToWidth(stateName(pack.state), 'needs config'.length),
    padToWidth(count(pack.tool_count, 'tool'), '99 tools'.length),
    pack.version === '' ? '' : paint.quiet(oneLine(pack.version)),
    pack.display_name === pack.code ? '' : paint.quiet(oneLine(pack.display_name)),
  ].filter((fact) => fact !== '');
  const line = `${INDENT}${inColour(sign)} ${padToWidth(pack.code, codeWidth)}  ${facts.join('  ')}`;
  // A pack that nobody enabled needs nothing.
  const details =
    pack.enabled || pack.state.kind === 'rejected' ? [...stateDetails(pack.state), ...settingsWarnings(pack)] : [];
  return [line, ...details.flatMap((detail) => detailLines(detail, width))];
}

function detailLines(detail: string, width: number): readonly string[] {
  const indent = ' '.repeat(4 + (detail.length - detail.trimStart().length));
  return wrapToWidth(detail, width - indent.length).map((line) => `${indent}${line}`);
}

function addressBlock(
  { mcpUrl, restUrl, docsUrl, exampleUrl, otherWorkspaces, url, database }: StartSummary,
  paint: Paint,
): string {
  return [
    fact('MCP', paint.link(mcpUrl)),
    fact('REST', paint.link(restUrl)),
    fact('Docs', paint.link(docsUrl)),
    ...otherWorkspaces.map((name, at) =>
      fact(at === 0 ? 'Also' : '', `${paint.link(`${url}/w/${encodeURIComponent(name)}/mcp`)} ${paint.quiet(name)}`),
    ),
    ...(exampleUrl === undefined
      ? []
      : [fact('Example', `${paint.link(exampleUrl)} ${paint.quiet('the demo service')}`)]),
    fact('Database', databaseText(database, paint)),
  ].join('\n');
}

function databaseText(database: DatabaseDescription, paint: Paint): string {
  return database.kind === 'external'
    ? `Postgres at ${oneLine(database.place)}`
    : `${database.folder} ${paint.quiet('a Postgres of its own; CAPSTAN_DATABASE_URL names another')}`;
}

function keysBlock({ keys, keysPath }: StartSummary, paint: Paint): string {
  return [
    fact('Admin key', keys.admin),
    fact('Agent key', `${keys.agent} ${paint.quiet('workspace default')}`),
    fact('', paint.quiet(`kept in ${keysPath}`)),
  ].join('\n');
}

function clientBlock({ mcpUrl, workspaceKey, stdioCommand }: StartSummary, paint: Paint): string {
  return [
    `${paint.heading('For an MCP client')} such as Claude, Cursor or VS Code, over HTTP:`,
    indented(httpClientSnippet(mcpUrl, workspaceKey).split('\n')),
    'or over stdio:',
    indented([stdioClientSnippet(stdioCommand)]),
  ].join('\n');
}

function tryBlock({ url, workspace, workspaceKey, sample }: StartSummary, paint: Paint): string {
  if (sample === undefined) return '';
  return `${paint.heading('Try it')}\n${curlLine(url, workspace, workspaceKey, sample)}`;
}

function count(amount: number, what: string): string {
  return `${amount} ${what}${amount === 1 ? '' : 's'}`;
}

function fact(name: string, value: string): string {
  return `${padToWidth(name, 10)} ${value}`;
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => (line === '' ? '' : `${INDENT}${line}`)).join('\n');
}
