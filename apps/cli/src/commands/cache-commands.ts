import type { JsonObject } from '@capstan/sdk';
import { CapstanError } from '@capstan/sdk';
import type { Command } from 'commander';
import type { CacheJson } from '../backend/views.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { jsonFlag } from '../global-options.ts';
import { examples } from '../output/examples.ts';
import { type Column, formatTable } from '../output/table.ts';

/** What to clear. */
interface ClearFlags {
  readonly tool?: string;
  readonly arguments?: string;
  readonly connection?: string;
  readonly tag?: string;
}

/** `capstan cache stats` and `clear`. They need a running server: a command's own host keeps nothing. */
export function addCacheCommands(program: Command, run: CommandRunner): void {
  const cache = program.command('cache').description('results that are kept for tools that ask for it');
  cache
    .command('stats')
    .description('how often results were used, by tool')
    .addOption(jsonFlag())
    .action((_flags: object, command: Command) => run(command, showStats));
  cache
    .command('clear')
    .description('forget the results of the workspace, or some of them')
    .option('--tool <name>', 'of this tool')
    .option('--arguments <json>', 'of exactly these arguments of the tool')
    .option('--connection <id>', 'of this connection')
    .option('--tag <name>', 'of tools with this tag under "cache"')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([
        ['capstan cache clear --tool stock_price', 'what one tool answered'],
        [`capstan cache clear --tool stock_price --arguments '{"symbol":"AAPL"}'`, 'one question'],
      ]),
    )
    .action((flags: ClearFlags, command: Command) => run(command, (context) => clear(context, flags)));
}

async function showStats({ options, printer, backend }: CommandContext): Promise<number> {
  const cache = await (await backend()).showCache(options.workspace);
  if (printer.format === 'json') {
    printer.json(cache);
    return EXIT_OK;
  }
  printer.text(`${cache.entries} results, ${cache.bytes} bytes`);
  const rows = Object.entries(cache.tools);
  const width = printer.width === undefined ? {} : { width: printer.width };
  if (rows.length > 0) printer.text(formatTable(rows, COLUMNS, { paint: printer.paint, ...width }));
  return EXIT_OK;
}

type ToolRow = readonly [tool: string, counts: CacheJson['tools'][string]];

const COLUMNS: readonly Column<ToolRow>[] = [
  { title: 'TOOL', cell: ([tool]) => tool, flexible: true },
  { title: 'HITS', cell: ([, { hits }]) => String(hits) },
  { title: 'STALE', cell: ([, { stale }]) => String(stale) },
  { title: 'SHARED', cell: ([, { shared }]) => String(shared) },
  { title: 'MISSES', cell: ([, { misses }]) => String(misses) },
  { title: 'EVICTIONS', cell: ([, { evictions }]) => String(evictions) },
  { title: 'ERRORS', cell: ([, { errors }]) => String(errors) },
];

async function clear({ options, printer, backend }: CommandContext, flags: ClearFlags): Promise<number> {
  const { tool, connection, tag } = flags;
  const given = flags.arguments === undefined ? undefined : objectOf(flags.arguments);
  if (given !== undefined && tool === undefined) throw wrongUsage('--arguments needs --tool');
  const { cleared, shared } = await (await backend()).clearCache(options.workspace, {
    ...(tool === undefined ? {} : { tool }),
    ...(connection === undefined ? {} : { connection }),
    ...(tag === undefined ? {} : { tag }),
    ...(given === undefined ? {} : { arguments: given }),
  });
  if (printer.format === 'json') printer.json({ cleared, shared });
  else printer.text(`cleared ${cleared} results`);
  if (!shared) printer.note('Redis does not answer: other replicas may still have them');
  return EXIT_OK;
}

function objectOf(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch (cause) {
    throw wrongUsage('--arguments is no JSON', cause);
  }
  throw wrongUsage('--arguments is no JSON object');
}

function wrongUsage(message: string, cause?: unknown): CapstanError {
  return new CapstanError('CAPSTAN_INVALID_REQUEST', message, { hint: 'See "capstan cache clear --help".', cause });
}
