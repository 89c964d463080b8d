import type { Command } from 'commander';
import type { ConnectionJson } from '../backend/views.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { EXIT_OK, exitCodeOf } from '../exit-code.ts';
import { jsonFlag } from '../global-options.ts';
import { connectionTestText } from '../output/connection-test-text.ts';
import { oneLine } from '../output/display-text.ts';
import { examples } from '../output/examples.ts';
import { formatTable } from '../output/table.ts';
import { addWriteConnectionCommands } from './write-connection.ts';

/** `capstan connection …`. */
export function addConnectionCommands(program: Command, run: CommandRunner): void {
  const connection = program.command('connection').description('see, test and connect the accounts at remote services');
  addTestCommand(connection, run);
  addAuthorizeCommand(connection, run);
  addWriteConnectionCommands(connection, run);
  connection
    .command('list')
    .description('list the connections of a workspace')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([['capstan connection list -w support', 'their ids go into tool call --connection']]),
    )
    .action((_flags: object, command: Command) => run(command, listConnections));
}

function addTestCommand(connection: Command, run: CommandRunner): void {
  connection
    .command('test <id>')
    .description('walk to the service step by step, and say where it ends and what to do')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([
        ['capstan connection test line-main', 'name, TCP, TLS, credentials, contract, one harmless call'],
        ['capstan connection test system.line_pack.line -o json', 'one that the host derived, for a program'],
      ]),
    )
    .action((id: string, _flags: object, command: Command) => run(command, (context) => testConnection(context, id)));
}

function addAuthorizeCommand(connection: Command, run: CommandRunner): void {
  connection
    .command('authorize <id>')
    .description("connect a user's own account: prints the address at which to sign in")
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([['capstan connection authorize mail', 'open what it prints in a browser; a server has to run']]),
    )
    .action((id: string, _flags: object, command: Command) =>
      run(command, (context) => authorizeConnection(context, id)),
    );
}

async function testConnection({ options, printer, backend }: CommandContext, id: string): Promise<number> {
  const report = await (await backend()).testConnection(id, options.workspace);
  if (printer.format === 'json') printer.json(report);
  else printer.text(connectionTestText(report, printer));
  const failed = report.steps.find(({ outcome }) => outcome === 'failed');
  return failed?.error === undefined ? EXIT_OK : exitCodeOf(failed.error.code);
}

async function authorizeConnection({ options, printer, backend }: CommandContext, id: string): Promise<number> {
  const authorization = await (await backend()).authorizeConnection(id, options.workspace);
  if (printer.format === 'json') printer.json(authorization);
  else {
    printer.text(authorization.authorization_url);
    printer.note(`open it in a browser before ${authorization.expires_at}, and sign in`);
  }
  return EXIT_OK;
}

async function listConnections({ options, printer, backend }: CommandContext): Promise<number> {
  const connections = await (await backend()).listConnections(options.workspace);
  if (printer.format === 'json') printer.json({ items: connections });
  else if (connections.length === 0) printer.text(emptyText(options.workspace));
  else printer.text([connectionTable(connections, printer), ...faultLines(connections)].join('\n'));
  return EXIT_OK;
}

/** Why those are not connected that are not, and what to do. */
function faultLines(connections: readonly ConnectionJson[]): readonly string[] {
  return connections.flatMap(({ id, validation_error }) =>
    validation_error === undefined
      ? []
      : ['', `${id}: ${oneLine(validation_error.message)}`, `  hint: ${oneLine(validation_error.hint)}`],
  );
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
      { title: 'TESTED', cell: ({ last_validated_at }) => last_validated_at ?? 'never' },
      { title: 'URL', cell: ({ remote_cluster_url }) => remote_cluster_url ?? '', flexible: true },
    ],
    { paint, ...(width === undefined ? {} : { width }) },
  );
}

function emptyText(workspace: string): string {
  return `no connections in workspace ${workspace} yet: enable a pack with remote tools, or declare one under workspaces.${workspace}.connections in capstan.yaml`;
}
