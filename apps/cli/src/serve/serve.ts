import { randomBytes } from 'node:crypto';
import type { Host } from '@capstan/host';
import { createLog, startServer } from '@capstan/server';
import { createHostBackend } from '../backend/host-backend.ts';
import type { CommandContext } from '../command-context.ts';
import { serveBackend } from '../commands/serve-mcp.ts';
import { EXIT_OK } from '../exit-code.ts';
import { usageError } from '../failure-report.ts';
import { httpClientSnippet } from '../start/client-snippets.ts';
import { listenForEnd } from '../start/end-request.ts';
import { exposureWarning } from '../start/exposure.ts';
import { openServed } from './open-served.ts';

/** The options of `capstan serve`. */
export interface ServeFlags {
  readonly http?: boolean;
  readonly host?: string;
  readonly port?: string;
  readonly token?: string;
  /** `key=value` */
  readonly set?: readonly string[];
  readonly allowPrivate?: readonly string[];
}

const DEFAULT_PORT = 7430;
const DRAIN_MS = 1_000;

/** `capstan serve`: until the client closes stdin, or with `--http` until a signal. */
export async function serve(context: CommandContext, path: string, flags: ServeFlags): Promise<number> {
  const served = { path, settings: flags.set ?? [], allowPrivate: flags.allowPrivate ?? [] };
  const host = await openServed(context, served);
  try {
    sayStates(context, host);
    return flags.http === true ? await overHttp(context, host, flags) : await overStdio(context, host);
  } finally {
    await host.close({ timeoutMs: DRAIN_MS });
  }
}

/** On stderr: stdout may be the protocol's. */
function sayStates({ printer }: CommandContext, host: Host): void {
  for (const { definition, state } of host.listTools({ limit: 1_000 }).items) {
    if (state.kind === 'needs_config') {
      const missing = state.missing.map(({ key, places }) => `${key} (${places[0] ?? ''})`).join(', ');
      printer.note(`${printer.notePaint.warn('!')} ${definition.id} needs ${missing}: give it with --set`);
    }
  }
}

function overStdio(context: CommandContext, host: Host): Promise<number> {
  const principal = { id: 'system:serve', roles: ['agent'], permissions: [] };
  const backend = createHostBackend({ host, principal, surface: 'mcp', close: () => Promise.resolve() });
  return serveBackend(context, backend);
}

async function overHttp({ io, options, printer }: CommandContext, host: Host, flags: ServeFlags): Promise<number> {
  const token = flags.token ?? (io.env.CAPSTAN_SERVE_TOKEN || undefined) ?? randomBytes(24).toString('base64url');
  const address = { host: flags.host ?? '127.0.0.1', port: portOf(flags.port) };
  using end = listenForEnd(io);
  const server = await startServer({
    host,
    keys: [{ name: 'serve', role: 'agent', value: token }],
    listen: address,
    log: createLog({
      level: options.debug ? 'debug' : 'warn',
      destination: { write: (line) => io.stderr.write(line) },
    }),
  });
  try {
    const mcpUrl = `${server.url}/mcp`;
    if (printer.format === 'json') printer.json({ url: server.url, mcp_url: mcpUrl, token });
    else printer.text(`MCP    ${mcpUrl}\nToken  ${token}\n\n${httpClientSnippet(mcpUrl, token)}\n\nCtrl-C stops it`);
    const warning = exposureWarning(address.host, new URL(server.url).port);
    if (warning !== undefined) printer.note(warning);
    await end.first;
    return EXIT_OK;
  } finally {
    await server.close({ timeoutMs: DRAIN_MS });
  }
}

function portOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = /^\d{1,5}$/u.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw usageError(`--port '${text}' is no port`, 'A port is a number from 1 to 65535; 0 takes any that is free.');
}
