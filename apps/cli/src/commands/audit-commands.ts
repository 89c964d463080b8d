import type { JsonObject } from '@capstan/sdk';
import { CapstanError } from '@capstan/sdk';
import type { Command } from 'commander';
import type { AuditQuery, Backend } from '../backend/backend.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { jsonFlag } from '../global-options.ts';
import { csvLine } from '../output/csv.ts';
import { examples } from '../output/examples.ts';
import { jsonText } from '../output/printer.ts';
import { type Column, formatTable } from '../output/table.ts';

/** What narrows a list of records. */
interface FilterFlags {
  readonly tool?: string;
  readonly act?: string;
  readonly principal?: string;
  readonly status?: string;
  readonly code?: string;
  readonly kind?: string;
  readonly since?: string;
  readonly until?: string;
  readonly allWorkspaces?: boolean;
  readonly limit?: string;
}

const DEFAULT_LIMIT = 50;
const EXPORT_PAGE = 1_000;
const DEFAULT_DAYS = 30;
/** Records that do not hold together are a finding, not a failure of the command. */
const EXIT_FINDINGS = 2;

/** `capstan audit list`, `verify`, `export` and `report`. */
export function addAuditCommands(program: Command, run: CommandRunner): void {
  const audit = program.command('audit').description('who did what, and whether the records are whole');
  withFilters(audit.command('list'))
    .description('audit records, newest first')
    .option('--limit <count>', 'how many', String(DEFAULT_LIMIT))
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([
        ['capstan audit list --status denied --since 24h', 'what was denied since yesterday'],
        ['capstan audit list --tool line_pack.line.send_message --principal key:ci', 'one tool, one caller'],
      ]),
    )
    .action((flags: FilterFlags, command: Command) => run(command, (context) => listRecords(context, flags)));
  audit
    .command('verify')
    .description('look through the hash chains; the exit code is 2 where something was changed or is missing')
    .addOption(jsonFlag())
    .action((_flags: object, command: Command) => run(command, verifyRecords));
  withFilters(audit.command('export'))
    .description('write all records that fit to stdout, newest first')
    .option('--format <format>', 'jsonl or csv', 'jsonl')
    .action((flags: FilterFlags & { readonly format: string }, command: Command) =>
      run(command, (context) => exportRecords(context, flags)),
    );
  audit
    .command('report')
    .description('a security report: denied calls, unused permissions and keys, keys without expiry, drifted tools')
    .option('--days <count>', 'how far back', String(DEFAULT_DAYS))
    .addOption(jsonFlag())
    .action((flags: { readonly days: string }, command: Command) =>
      run(command, (context) => reportRecords(context, countOf('--days', flags.days))),
    );
}

function withFilters(command: Command): Command {
  return command
    .option('--tool <id>', 'calls of this tool')
    .option('--act <name>', 'administrative acts of this name, such as pack.enable')
    .option('--principal <id>', 'what this principal did, such as key:ci')
    .option('--status <status>', 'succeeded, failed, denied or pending')
    .option('--code <code>', 'an error code')
    .option('--kind <kind>', 'call or act')
    .option('--since <moment>', 'from then on: 2026-01-31T00:00:00Z, or a time ago as 30m, 24h, 7d')
    .option('--until <moment>', 'before then')
    .option('--all-workspaces', 'records of every workspace, and those of none');
}

async function listRecords(context: CommandContext, flags: FilterFlags): Promise<number> {
  const backend = await context.backend();
  const limit = countOf('--limit', flags.limit ?? String(DEFAULT_LIMIT));
  const { items, next_cursor: next } = await backend.listAudit({ ...queryOf(context, flags), limit });
  const { printer } = context;
  if (printer.format === 'json') printer.json({ items, ...(next === undefined ? {} : { next_cursor: next }) });
  else if (items.length === 0) printer.text('no records fit');
  else printer.text(formatTable(items, COLUMNS, { paint: printer.paint, ...widthOf(printer.width) }));
  if (next !== undefined && printer.format !== 'json') printer.note('there are more: raise --limit, or export them');
  return EXIT_OK;
}

function widthOf(width: number | undefined): { readonly width?: number } {
  return width === undefined ? {} : { width };
}

const COLUMNS: readonly Column<JsonObject>[] = [
  { title: 'TIME', cell: ({ at }) => textOf(at) },
  { title: 'PRINCIPAL', cell: ({ principal }) => textOf(principal) },
  { title: 'WHAT', cell: whatOf, flexible: true },
  { title: 'STATUS', cell: ({ status }) => textOf(status) },
  { title: 'CODE', cell: ({ code }) => textOf(code) },
  { title: 'MS', cell: ({ duration_ms: duration }) => textOf(duration) },
  { title: 'SURFACE', cell: ({ surface }) => textOf(surface) },
  { title: 'WORKSPACE', cell: ({ workspace }) => textOf(workspace) },
];

function whatOf({ kind, tool, act, target }: JsonObject): string {
  return kind === 'call' ? textOf(tool) : `${textOf(act)} ${textOf(target)}`;
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}

async function verifyRecords({ printer, backend }: CommandContext): Promise<number> {
  const verification = await (await backend()).verifyAudit();
  if (printer.format === 'json') printer.json(verification);
  else {
    for (const { source, replica, records, first, last, head, findings } of verification.chains) {
      const sign = findings.length === 0 ? '✓' : '✗';
      printer.text(`${sign} ${source}  ${replica ?? ''}  ${records} records, ${first} to ${last}, head ${head}`);
      for (const { place, message } of findings) printer.text(`    ${place}: ${message}`);
    }
    if (verification.chains.length === 0) printer.text('no records yet');
  }
  return verification.whole ? EXIT_OK : EXIT_FINDINGS;
}

const CSV_COLUMNS = [
  'at',
  'kind',
  'surface',
  'workspace',
  'principal',
  'roles',
  'address',
  'key',
  'tool',
  'act',
  'target',
  'connection',
  'status',
  'code',
  'duration_ms',
  'cache',
  'attempts',
  'decision',
  'execution_id',
  'trace_id',
  'arguments',
  'arguments_digest',
  'details',
  'replica',
  'sequence',
  'previous',
] as const;

async function exportRecords(
  context: CommandContext,
  flags: FilterFlags & { readonly format: string },
): Promise<number> {
  const { format } = flags;
  if (format !== 'jsonl' && format !== 'csv')
    throw wrongUsage(`--format is jsonl or csv, not ${JSON.stringify(format)}`);
  const { stdout } = context.io;
  if (format === 'csv') stdout.write(csvLine(CSV_COLUMNS));
  const query = queryOf(context, flags);
  for await (const record of everyRecord(await context.backend(), query)) {
    stdout.write(format === 'csv' ? csvLine(CSV_COLUMNS.map((name) => record[name])) : `${jsonText(record)}\n`);
  }
  return EXIT_OK;
}

async function* everyRecord(backend: Backend, query: AuditQuery): AsyncGenerator<JsonObject> {
  let cursor: string | undefined;
  do {
    const page = await backend.listAudit({ ...query, limit: EXPORT_PAGE, ...(cursor === undefined ? {} : { cursor }) });
    yield* page.items;
    cursor = page.next_cursor;
  } while (cursor !== undefined);
}

async function reportRecords({ printer, backend }: CommandContext, days: number): Promise<number> {
  const report = await (await backend()).reportAudit(days);
  if (printer.format === 'json') {
    printer.json(report);
    return EXIT_OK;
  }
  const lines = (title: string, items: readonly string[]): readonly string[] =>
    items.length === 0 ? [`✓ ${title}: none`] : [`! ${title}:`, ...items.map((item) => `    ${item}`)];
  const counts = Object.entries(report.calls).map(([status, count]) => `${count} ${status}`);
  printer.text(
    [
      `${report.from} to ${report.to}: ${report.records} records${report.truncated ? ' (there are more)' : ''}`,
      `calls: ${counts.join(', ') || 'none'}; administrative acts: ${report.acts}`,
      ...lines(
        'denied calls',
        report.denied_calls.map(({ principal, tool, count }) => `${count} × ${principal} ${tool}`),
      ),
      ...lines(
        'permissions that no call used',
        report.unused_permissions.map(
          ({ workspace, permission, tools }) => `${workspace}: ${permission} (${tools} tools)`,
        ),
      ),
      ...lines(
        'keys without expiry',
        report.keys_without_expiry.map(({ name, roles }) => `${name} (${roles.join(', ')})`),
      ),
      ...lines('keys that were not used', report.unused_keys),
      ...lines(
        'tools that changed',
        report.drifted_tools.map(({ workspace, tool }) => `${workspace}: ${tool}`),
      ),
      `tools that nobody called: ${report.unused_tools.length}`,
    ].join('\n'),
  );
  return EXIT_OK;
}

function queryOf({ options }: CommandContext, flags: FilterFlags): AuditQuery {
  const { tool, act, principal, status, code, kind, since, until, allWorkspaces } = flags;
  const given = { tool, act, principal, status, code, kind, since: momentOf(since), until: momentOf(until) };
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(named), ...(allWorkspaces === true ? {} : { workspace: options.workspace }) };
}

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time ago as a moment; a moment as it is, for the server to read. */
function momentOf(text: string | undefined): string | undefined {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text ?? '') ?? [];
  if (count === undefined || unit === undefined) return text;
  return new Date(Date.now() - Number(count) * (UNITS_MS[unit] ?? 0)).toISOString();
}

function countOf(flag: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw wrongUsage(`${flag} is a whole number above 0, not ${JSON.stringify(text)}`);
}

function wrongUsage(message: string): CapstanError {
  return new CapstanError('CAPSTAN_INVALID_REQUEST', message, { hint: 'See "capstan audit --help".' });
}
