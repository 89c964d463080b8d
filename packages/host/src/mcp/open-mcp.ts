import type { Authenticator, HttpClient } from '@capstan/http';
import type { Clock, Logger, ToolConnection } from '@capstan/sdk';
import type { EventEmitter } from 'eventemitter3';
import type { HostEvents } from '../host.ts';
import type { CallDefaults } from '../settings/host-settings.ts';
import { CAPSTAN_VERSION } from '../version.ts';
import type { McpSource } from './mcp-source.ts';
import { McpSources } from './mcp-sources.ts';
import type { PackServersOptions } from './pack-servers.ts';

/**
 * What every process of an MCP server needs to run at all, and the certificates without which `npx` fetches nothing in
 * many a company; everything else it must be given by name.
 */
const INHERITED = [
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'TMPDIR',
  'SystemRoot',
  'APPDATA',
  'LOCALAPPDATA',
  'USERPROFILE',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

/** What MCP servers need of a host. */
export interface OpenMcpOptions {
  readonly http: HttpClient;
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly defaults: CallDefaults;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly events: EventEmitter<HostEvents>;
  /** A server has another state. */
  readonly onServer: (source: McpSource) => void;
}

/** The MCP servers of a host, and what its packs need to declare theirs. */
export interface OpenMcp {
  readonly sources: McpSources;
  readonly packServers: PackServersOptions;
}

/** Makes the place for MCP servers. Nothing is connected yet. */
export function openMcp(options: OpenMcpOptions): OpenMcp {
  const { http, clock, random, logger, events, authenticator } = options;
  const sources = new McpSources({
    services: { http, clock, random, logger, version: CAPSTAN_VERSION },
    defaults: options.defaults,
    onTools: ({ id: workspace, revision }) => events.emit('catalog:changed', { workspace, revision }),
    onServer: (source) => {
      options.onServer(source);
      events.emit('mcp:offer', { workspace: source.workspaceId, server: source.name });
    },
    onResourceUpdated: (event) => events.emit('mcp:resource', event),
  });
  const credentialsOf = (connection: ToolConnection, egress: readonly string[]) =>
    connection.auth.type === 'none'
      ? undefined
      : {
          get: () => authenticator.credentials(connection, egress.length === 0 ? {} : { egress }),
          refused: (spent: Awaited<ReturnType<Authenticator['credentials']>>) =>
            authenticator.refused(connection, spent),
        };
  return { sources, packServers: { baseEnvironment: inherited(options.environment), credentialsOf } };
}

function inherited(environment: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    INHERITED.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
