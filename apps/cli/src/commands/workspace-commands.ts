import { CapstanError } from '@capstan/sdk';
import type { Command } from 'commander';
import type { KeyJson, WorkspaceJson } from '../backend/administration.ts';
import type { PageJson } from '../backend/views.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { jsonFlag } from '../global-options.ts';
import { examples } from '../output/examples.ts';
import { formatTable } from '../output/table.ts';

/** `capstan workspace …`. */
export function addWorkspaceCommands(program: Command, run: CommandRunner): void {
  const workspace = program.command('workspace').description('see, make and delete the workspaces of a running server');
  workspace
    .command('list')
    .description('list the workspaces, who declared each, and what is in it')
    .addOption(jsonFlag())
    .addHelpText('after', examples([['capstan workspace list', 'those of capstan.yaml and those made at run time']]))
    .action((_flags: object, command: Command) => run(command, listWorkspaces));
  workspace
    .command('create <id>')
    .description('make a workspace; it can be used at once')
    .option('--name <text>', 'a name for people')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([['capstan workspace create support --name "Support team"', 'then enable packs with -w support']]),
    )
    .action((id: string, flags: { readonly name?: string }, command: Command) =>
      run(command, (context) => createWorkspace(context, id, flags.name)),
    );
  workspace
    .command('delete <id>')
    .description('delete a workspace with everything in it: connections, secrets, config, keys')
    .option('--yes', 'although there is something in it')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([
        ['capstan workspace delete support', 'says what would go with it'],
        ['capstan workspace delete support --yes', 'does it'],
      ]),
    )
    .action((id: string, flags: { readonly yes?: boolean }, command: Command) =>
      run(command, (context) => deleteWorkspace(context, id, flags.yes === true)),
    );
}

async function listWorkspaces({ printer, backend }: CommandContext): Promise<number> {
  const host = await backend();
  const { items } = await host.administer<PageJson<WorkspaceJson>>({ method: 'GET', path: ['workspaces'] });
  if (printer.format === 'json') printer.json({ items });
  else printer.text(workspaceTable(items, printer));
  return EXIT_OK;
}

async function createWorkspace({ printer, backend }: CommandContext, id: string, name?: string): Promise<number> {
  const host = await backend();
  const body = { id, ...(name === undefined ? {} : { name }) };
  const made = await host.administer<WorkspaceJson>({ method: 'POST', path: ['workspaces'], body });
  if (printer.format === 'json') printer.json(made);
  else printer.text(`workspace ${made.id} is made\n\nnext: capstan pack enable CODE -w ${made.id}`);
  return EXIT_OK;
}

async function deleteWorkspace({ printer, backend }: CommandContext, id: string, isSure: boolean): Promise<number> {
  const host = await backend();
  if (!isSure) {
    const path = ['workspaces', id];
    const found = await host.administer<WorkspaceJson>({ method: 'GET', path });
    const { items } = await host.administer<PageJson<KeyJson>>({ method: 'GET', path: ['keys'] });
    const keys = items.filter(({ workspace, state }) => workspace === id && state === 'active');
    refuseFull(found, keys);
  }
  const gone = await host.administer<WorkspaceJson>({ method: 'DELETE', path: ['workspaces', id] });
  if (printer.format === 'json') printer.json(gone);
  else printer.text(`workspace ${id} is deleted`);
  return EXIT_OK;
}

/** @throws CapstanError with what would go with the workspace, where that is anything */
function refuseFull(
  { id, packs, connections, setting_count, mcp_servers, origin }: WorkspaceJson,
  keys: readonly KeyJson[],
): void {
  // The server says where the file is.
  if (origin.kind === 'file') return;
  const contents = [
    named('enabled pack', packs),
    named('connection', connections),
    setting_count === 0 ? undefined : `${setting_count} ${setting_count === 1 ? 'key' : 'keys'} of config`,
    named('MCP server', mcp_servers),
    named(
      'API key',
      keys.map(({ name }) => name),
    ),
  ].filter((line) => line !== undefined);
  if (contents.length === 0) return;
  throw new CapstanError('CAPSTAN_CONFLICT', `workspace ${id} has ${contents.join(', ')}, which would go with it`, {
    hint: `Run "capstan workspace delete ${id} --yes" to delete all of it.`,
    details: { packs, connections, setting_count, mcp_servers, keys: keys.map(({ name }) => name) },
  });
}

const SHOWN = 5;

function named(what: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const more = names.length > SHOWN ? ', …' : '';
  return `${names.length} ${what}${names.length === 1 ? '' : 's'} (${names.slice(0, SHOWN).join(', ')}${more})`;
}

function workspaceTable(items: readonly WorkspaceJson[], { paint, width }: CommandContext['printer']): string {
  return formatTable(
    items,
    [
      { title: 'WORKSPACE', cell: ({ id }) => id, paint: (text) => paint.strong(text) },
      { title: 'NAME', cell: ({ id, name }) => (name === id ? '' : name), flexible: true },
      { title: 'PACKS', cell: ({ packs }) => String(packs.length) },
      { title: 'CONNECTIONS', cell: ({ connections }) => String(connections.length) },
      { title: 'CONFIG', cell: ({ setting_count }) => String(setting_count) },
      { title: 'DECLARED BY', cell: ({ origin }) => originText(origin), flexible: true },
    ],
    { paint, ...(width === undefined ? {} : { width }) },
  );
}

function originText(origin: WorkspaceJson['origin']): string {
  return origin.kind === 'file' ? `${origin.path}:${origin.line}` : `${origin.by}, ${origin.at}`;
}
