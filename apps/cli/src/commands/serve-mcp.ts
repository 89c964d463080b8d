import { createMcpServerFactory } from '@capstan/mcp';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Backend } from '../backend/backend.ts';
import { createBackendGateway } from '../backend/mcp-gateway.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { oneLine } from '../output/display-text.ts';
import { listenForEnd } from '../start/end-request.ts';
import { VERSION } from '../version.ts';
import { PatientStdioTransport } from './patient-stdio.ts';

/** How long answers may still take when the client has closed stdin: less than clients wait before they send a signal. */
const GRACE_MS = 1000;

/** `capstan mcp`: serves until the client closes stdin. Nothing but the protocol goes to stdout. */
export async function serveMcp(context: CommandContext): Promise<number> {
  return serveBackend(context, await context.backend({ surface: 'mcp', role: 'agent' }));
}

/** Serves the tools of a backend over stdin and stdout until the client closes stdin, or a signal comes. */
export async function serveBackend({ io, options, printer }: CommandContext, host: Backend): Promise<number> {
  // A workspace that does not exist is told now, on stderr, and not to an agent that cannot help it.
  await host.catalog(options.workspace);
  using end = listenForEnd(io);
  const onError = (error: Error): void => {
    if (options.debug) printer.note(oneLine(error.message));
  };
  const factory = createMcpServerFactory({
    gateway: createBackendGateway(host),
    version: VERSION,
    caller: {
      workspace: options.workspace,
      principal: { id: 'system:mcp', roles: ['agent'], permissions: [] },
    },
    onError,
  });
  const transport = new PatientStdioTransport(io.stdin, io.stdout, GRACE_MS);
  const handle = serveStdio(factory, { transport, onerror: onError });
  await Promise.race([transport.closed, end.first]);
  await handle.close();
  return EXIT_OK;
}
