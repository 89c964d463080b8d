import { createMcpServerFactory } from '@capstan/mcp';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Command } from 'commander';
import { createBackendGateway } from '../backend/mcp-gateway.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { oneLine } from '../output/display-text.ts';
import { examples } from '../output/examples.ts';
import type { CommandRunner } from '../program.ts';
import { listenForEnd } from '../start/end-request.ts';
import { VERSION } from '../version.ts';

/** `capstan mcp`. */
export function addMcpCommand(program: Command, run: CommandRunner): void {
  program
    .command('mcp')
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
    .action((_flags: object, command: Command) => run(command, serveMcp));
}

/** Serves until the client closes stdin. Nothing but the protocol goes to stdout. */
async function serveMcp(context: CommandContext): Promise<number> {
  const { io, options, printer } = context;
  const backend = await context.backend({ surface: 'mcp', role: 'agent' });
  // A workspace that does not exist is told now, on stderr, and not to an agent that cannot help it.
  await backend.catalog(options.workspace);
  using end = listenForEnd(io);
  const tell = (error: Error): void => {
    if (options.debug) printer.note(oneLine(error.message));
  };
  const transport = new StdioServerTransport(io.stdin, io.stdout);
  const closed = new Promise<void>((resolve) => {
    io.stdin.once('end', resolve);
    io.stdin.once('close', resolve);
    io.stdout.once('error', () => resolve());
  });
  const handle = serveStdio(
    createMcpServerFactory({
      gateway: createBackendGateway(backend),
      version: VERSION,
      caller: {
        workspace: options.workspace,
        principal: { id: 'system:mcp', roles: ['agent'], permissions: [] },
      },
      onError: tell,
    }),
    { transport, onerror: tell },
  );
  await Promise.race([closed, end.first]);
  await handle.close();
  return EXIT_OK;
}
