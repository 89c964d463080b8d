import type { HttpClient } from '@capstan/http';
import type { Clock, Logger } from '@capstan/sdk';
import type { HttpCredentials } from './http-connection.ts';

/** Who shares one session with an MCP server. */
export const SESSION_SHARING = ['principal', 'workspace', 'host'] as const;
export type SessionSharing = (typeof SESSION_SHARING)[number];

/** A server that is reached over HTTP. */
export interface HttpServerAddress {
  readonly kind: 'http';
  /** `auto`: Streamable HTTP, and the older SSE where the server knows nothing else. */
  readonly form: 'auto' | 'streamable' | 'sse';
  readonly url: string;
  /** Hosts that may be reached; absent means the host of the URL. */
  readonly egress?: readonly string[];
  /** Names in lower case; references are resolved. */
  readonly headers: Readonly<Record<string, string>>;
  readonly credentials?: HttpCredentials;
}

/** A server that runs as a child process. Whoever hands it over has made sure that it may run. */
export interface StdioServerAddress {
  readonly kind: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** One MCP server as a source of tools, every reference resolved and every default filled in. */
export interface UpstreamServer {
  /** For people: the key under `mcp_servers`. */
  readonly name: string;
  readonly address: HttpServerAddress | StdioServerAddress;
  /** Put before the name of each tool. */
  readonly prefix: string;
  /** Names of the server's tools that are taken; undefined: all. */
  readonly selectedTools: readonly string[] | undefined;
  /** Without a reply or progress for this long, a request fails. In ms. */
  readonly timeoutMs: number;
  /** Until a connection with its handshake stands. In ms. */
  readonly connectTimeoutMs: number;
  readonly share: SessionSharing;
  /** Whether the server's hints about its tools may decide anything (retries, the read lane). */
  readonly trustAnnotations: boolean;
  readonly limits: UpstreamLimits;
}

/** Bounds on what one server may cost. */
export interface UpstreamLimits {
  /** Sessions of callers at a time. */
  readonly sessions: number;
  /** A session that nobody used for this long is closed. In ms. */
  readonly idleMs: number;
  /** The first pause before connecting again, and the longest. In ms. */
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  /** Processes that may end unexpectedly within `restartWindowMs`; then none is started for a while. */
  readonly restarts: number;
  readonly restartWindowMs: number;
  /** How long a process may take to end when asked to, in ms. */
  readonly graceMs: number;
}

/** Defaults of {@link UpstreamLimits}. */
export const UPSTREAM_LIMITS: UpstreamLimits = Object.freeze({
  sessions: 64,
  idleMs: 300_000,
  retryBaseMs: 500,
  retryMaxMs: 60_000,
  restarts: 5,
  restartWindowMs: 300_000,
  graceMs: 1_000,
});

/** What upstreams need of the host. */
export interface UpstreamServices {
  /** The guarded way out. */
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Of the product, told to servers. */
  readonly version: string;
}
