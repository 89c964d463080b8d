import type { JsonValue } from './json.ts';
import type { Secret } from './secret.ts';
import type { AuthType, ConnectionStatus, ConnectionType } from './vocabulary.ts';

/** A resolved value: plain JSON, with {@link Secret}s at any depth where the schema calls something secret. */
export type ResolvedValue = JsonValue | Secret | readonly ResolvedValue[] | ResolvedConfig;

/** A resolved config. Keys are the pack's own. */
export interface ResolvedConfig {
  readonly [key: string]: ResolvedValue | undefined;
}

/** How a connection authenticates. Credentials are {@link Secret}s. */
export interface ConnectionAuth {
  readonly type: AuthType;
  readonly [key: string]: ResolvedValue | undefined;
}

/** One of several endpoints of a service. */
export interface ServiceEndpoint {
  /** Base URL: absolute, http or https. */
  readonly url: string;
  /** Its share of the calls, above 0; 1 where nobody said anything. */
  readonly weight: number;
}

/** Where the endpoints of a service are asked for. */
export type ServiceDiscovery =
  /** `GET {url}/services/{service}` answers `{ url }` or a list of them. */
  | { readonly kind: 'http'; readonly url: string; readonly service: string }
  /** Consul's HTTP API: `GET {url}/v1/health/service/{service}?passing`. */
  | { readonly kind: 'consul'; readonly url: string; readonly service: string }
  /** SRV records (RFC 2782) of the name `service`, such as `_https._tcp.line.example.com`. */
  | { readonly kind: 'dns_srv'; readonly service: string };

/** Several endpoints of one service, and how calls are spread over them. */
export interface ServiceCluster {
  /** Those that were declared; may be empty where there is a discovery. */
  readonly endpoints: readonly ServiceEndpoint[];
  readonly discovery?: ServiceDiscovery;
  /** What discovery names may be called although it is not on the egress list: nobody declared a list. */
  readonly trustDiscovery?: boolean;
  readonly strategy: 'round_robin' | 'random' | 'weighted' | 'least_pending';
  /** Asks each endpoint for its health this often, in ms, also while it is well. Absent: only while it is ejected. */
  readonly healthIntervalMs?: number;
}

/**
 * An account at a remote service, as pack code and the adapter see it: config is resolved
 * (system, then connection, then environment, then default), secrets are opaque.
 */
export interface ToolConnection {
  /** `con_…`, or `system.{pack}.{tool_type}` for one that the host derived. */
  readonly id: string;
  readonly workspaceId: string;
  /** The pack code. */
  readonly pack: string;
  readonly toolType: string;
  readonly connectionType: ConnectionType;
  readonly name: string;
  /** The base URL of the remote service, after resolution. Absolute, http or https. */
  readonly remoteClusterUrl?: string;
  /** Set where the service has several endpoints; calls then go to these, and not to `remoteClusterUrl`. */
  readonly cluster?: ServiceCluster;
  /** The id of the account at the remote service (for LINE: the channel id). */
  readonly remoteConnectionId?: string;
  readonly config: ResolvedConfig;
  readonly auth: ConnectionAuth;
  /** `workspace`, or `principal:{id}` for a user's own account. */
  readonly owner: string;
  readonly status: ConnectionStatus;
}
