import type { Command } from 'commander';
import type { ConnectionJson } from '../backend/views.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { jsonFlag } from '../global-options.ts';
import { examples } from '../output/examples.ts';
import { formatTable } from '../output/table.ts';

/** `capstan connection …`. */
export function addConnectionCommands(program: Command, run: CommandRunner): void {
  program
    .command('connection')
    .description('see the accounts at remote services')
    .command('list')
    .description('list the connections of a workspace')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([['capstan connection list -w support', 'their ids go into tool call --connection']]),
    )
    .action((_flags: object, command: Command) => run(command, listConnections));
}

async function listConnections({ options, printer, backend }: CommandContext): Promise<number> {
  const connections = await (await backend()).listConnections(options.workspace);
  if (printer.format === 'json') printer.json({ items: connections });
  else if (connections.length === 0) printer.text(emptyText(options.workspace));
  else printer.text(connectionTable(connections, printer));
  return EXIT_OK;
}

function connectionTable(connections: readonly ConnectionJson[], { paint, width }: CommandContext['printer']): string {
  return formatTable(
    connections,
    [
      { title: 'CONNECTION', cell: ({ id }) => id, paint: (text) => paint.strong(text) },
      { title: 'NAME', cell: ({ name, derived }) => (derived ? 'made by the host' : name), flexible: true },
      { title: 'PACK', cell: ({ pack }) => pack },
      { title: 'TOOLS', cell: ({ tool_type }) => tool_type },
      { title: 'AUTH', cell: ({ auth_type }) => auth_type },
      { title: 'STATUS', cell: ({ status }) => status.replaceAll('_', ' ') },
      { title: 'URL', cell: ({ remote_cluster_url }) => remote_cluster_url ?? '', flexible: true },
    ],
    { paint, ...(width === undefined ? {} : { width }) },
  );
}

function emptyText(workspace: string): string {
  return `no connections in workspace ${workspace} yet: enable a pack with remote tools, or declare one under workspaces.${workspace}.connections in capstan.yaml`;
}
