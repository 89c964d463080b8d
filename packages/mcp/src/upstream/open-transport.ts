import { HttpTransport } from './http-transport.ts';
import { SseTransport } from './sse-transport.ts';
import { StdioTransport } from './stdio-transport.ts';
import type { UpstreamTransport } from './transport.ts';
import type { HttpServerAddress, StdioServerAddress, UpstreamServer, UpstreamServices } from './upstream-server.ts';

/** The forms of MCP over HTTP. */
export type HttpForm = 'streamable' | 'sse';

/** A transport over HTTP. @throws CapstanError CAPSTAN_CONFIG_INVALID or CAPSTAN_EGRESS_DENIED */
export function httpTransport(
  address: HttpServerAddress,
  form: HttpForm,
  parts: { readonly server: UpstreamServer; readonly services: UpstreamServices },
): UpstreamTransport {
  const endpoint = {
    client: parts.services.http,
    url: address.url,
    egress: address.egress,
    headers: address.headers,
    credentials: address.credentials,
    headTimeoutMs: Math.max(parts.server.timeoutMs, parts.server.connectTimeoutMs),
  };
  return form === 'sse' ? new SseTransport(endpoint) : new HttpTransport(endpoint);
}

/** A transport over the pipes of a child process. */
export function stdioTransport(
  address: StdioServerAddress,
  parts: { readonly server: UpstreamServer; readonly services: UpstreamServices },
): UpstreamTransport {
  const { server, services } = parts;
  return new StdioTransport({
    command: address.command,
    args: address.args,
    environment: address.environment,
    cwd: address.cwd,
    graceMs: server.limits.graceMs,
    onErrorLine: (line) => services.logger.info('an MCP server wrote to stderr', { server: server.name, line }),
  });
}
