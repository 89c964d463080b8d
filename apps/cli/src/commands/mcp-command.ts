import type { Command } from 'commander';
import type { CommandRunner } from '../command-context.ts';
import { examples } from '../output/examples.ts';
import { addMcpServerCommands } from './mcp-server-commands.ts';

/** `capstan mcp`. */
export function addMcpCommand(program: Command, run: CommandRunner): void {
  const mcp = program.command('mcp');
  addMcpServerCommands(mcp, run);
  mcp
    .description(
      'serve the tools of a workspace over MCP on stdin and stdout, for a client that starts its servers itself',
    )
    .addHelpText(
      'after',
      `${examples([
        ['capstan mcp', 'workspace default of ./capstan.yaml'],
        ['capstan mcp --workspace support --config /etc/capstan.yaml', 'another one'],
      ])}

It uses the server that runs on the same data folder, and runs in process where there is none.`,
    )
    .action((_flags: object, command: Command) =>
      run(command, async (context) => {
        const { serveMcp } = await import('./serve-mcp.ts');
        return serveMcp(context);
      }),
    );
}
