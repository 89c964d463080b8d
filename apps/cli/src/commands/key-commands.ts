import type { Command } from 'commander';
import { Option } from 'commander';
import type { KeyJson } from '../backend/administration.ts';
import type { PageJson } from '../backend/views.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { usageError } from '../failure-report.ts';
import { jsonFlag } from '../global-options.ts';
import { examples } from '../output/examples.ts';
import { formatTable } from '../output/table.ts';

interface CreateFlags {
  readonly role: string;
  readonly scope?: readonly string[];
  readonly expires?: string;
}

/** `capstan key …`. */
export function addKeyCommands(program: Command, run: CommandRunner): void {
  const key = program.command('key').description('make, list and revoke the API keys of a running server');
  key
    .command('create <name>')
    .description('make a key; its value is shown this once, on stdout')
    .addOption(
      new Option('--role <role>', 'what it may do').choices(['viewer', 'agent', 'operator', 'admin']).default('agent'),
    )
    .option('--scope <scope>', 'only this of what the role may do; may be repeated', collect)
    .option('--expires <time>', 'how long it holds, such as 90d, 12h or 30m; default: until it is revoked')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([
        ['capstan key create support-agent -w support --expires 90d', 'calls the tools of workspace support'],
        ['capstan key create ci --role admin --json', 'for a program; without -w an admin opens all workspaces'],
      ]),
    )
    .action((name: string, flags: CreateFlags, command: Command) =>
      run(command, (context) => createKey(context, name, flags)),
    );
  key
    .command('list')
    .description('list the keys, those that ended too')
    .addOption(jsonFlag())
    .addHelpText('after', examples([['capstan key list', 'with their prefixes, by which support finds them']]))
    .action((_flags: object, command: Command) => run(command, listKeys));
  key
    .command('revoke <id>')
    .description('revoke a key, by its id or name; it ends at once')
    .addOption(jsonFlag())
    .addHelpText('after', examples([['capstan key revoke support-agent', 'with the sessions that were made with it']]))
    .action((id: string, _flags: object, command: Command) => run(command, (context) => revokeKey(context, id)));
}

async function createKey(context: CommandContext, name: string, flags: CreateFlags): Promise<number> {
  const { options, printer, backend } = context;
  const needsWorkspace = flags.role === 'agent' || flags.role === 'viewer';
  const seconds = flags.expires === undefined ? undefined : secondsOf(flags.expires);
  const made = await (await backend()).administer<KeyJson & { readonly value: string }>({
    method: 'POST',
    path: ['keys'],
    body: {
      name,
      role: flags.role,
      ...(needsWorkspace || options.isWorkspaceGiven ? { workspace: options.workspace } : {}),
      ...(flags.scope === undefined ? {} : { scopes: flags.scope }),
      ...(seconds === undefined ? {} : { expires_in_s: seconds }),
    },
  });
  if (printer.format === 'json') printer.json(made);
  else {
    printer.note(
      `key ${name}: ${made.role} ${made.workspace === undefined ? 'of all workspaces' : `of workspace ${made.workspace}`}, ${endText(made)}. Nobody sees it again:`,
    );
    printer.text(made.value);
  }
  return EXIT_OK;
}

async function listKeys({ printer, backend }: CommandContext): Promise<number> {
  const { items } = await (await backend()).administer<PageJson<KeyJson>>({ method: 'GET', path: ['keys'] });
  if (printer.format === 'json') printer.json({ items });
  else printer.text(keyTable(items, printer));
  return EXIT_OK;
}

async function revokeKey({ printer, backend }: CommandContext, id: string): Promise<number> {
  const revoked = await (await backend()).administer<KeyJson>({ method: 'DELETE', path: ['keys', id] });
  if (printer.format === 'json') printer.json(revoked);
  else printer.text(`key ${revoked.name} is revoked`);
  return EXIT_OK;
}

function keyTable(items: readonly KeyJson[], { paint, width }: CommandContext['printer']): string {
  return formatTable(
    items,
    [
      { title: 'KEY', cell: ({ name }) => name, paint: (text) => paint.strong(text) },
      { title: 'PREFIX', cell: ({ prefix }) => prefix ?? '' },
      { title: 'ROLE', cell: ({ role }) => role },
      { title: 'WORKSPACE', cell: ({ workspace }) => workspace ?? 'all' },
      { title: 'STATE', cell: ({ state }) => state },
      { title: 'ENDS', cell: ({ expires_at }) => expires_at ?? 'never' },
      { title: 'LAST USED', cell: ({ last_used_at }) => last_used_at ?? '' },
      {
        title: 'MADE BY',
        cell: ({ origin, created_by }) => created_by ?? (origin === 'file' ? 'a file' : ''),
        flexible: true,
      },
    ],
    { paint, ...(width === undefined ? {} : { width }) },
  );
}

function endText({ expires_at: end }: KeyJson): string {
  return end === undefined ? 'until it is revoked' : `until ${end}`;
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

function secondsOf(time: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(time) ?? [];
  const seconds = Number(count) * (UNITS[unit] ?? 0);
  if (seconds > 0) return seconds;
  throw usageError(`"${time}" is no time`, 'Write a number and s, m, h or d, such as 90d.');
}

function collect(word: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, word];
}
