import {
  BalancedRoute,
  type CallRoute,
  type Endpoints,
  type HttpClient,
  type HttpTarget,
  ServicePool,
  type ServicePoolOptions,
  SingleRoute,
} from '@capstan/http';
import { CapstanError, type ServiceCluster, type ToolConnection } from '@capstan/sdk';

/** What all calls over one connection have in common, worked out once. It holds no secret. */
export type PreparedConnection =
  | {
      readonly kind: 'single';
      readonly target: HttpTarget;
      /** Origin and base path: what a breaker is kept for. */
      readonly endpoint: string;
      /** Whose calls the breaker counts. */
      readonly pack: string;
    }
  | { readonly kind: 'balanced'; readonly pool: ServicePool };

type Egress = readonly string[];
const NO_EGRESS: Egress = Object.freeze([]);

/** What pools are made of, but for what a connection itself says. */
export type PoolServices = Omit<ServicePoolOptions, 'egress' | 'endpoints' | 'http' | 'pack'>;

/**
 * Prepared connections, by the identity of the connection and of the egress list. Both are immutable by contract; a
 * connection that was changed is another object.
 */
export class PreparedConnections {
  readonly #prepared = new WeakMap<ToolConnection, WeakMap<Egress, PreparedConnection>>();
  readonly #http: HttpClient;
  readonly #endpoints: Endpoints;
  readonly #services: PoolServices;
  /** By what was declared, so that the connections of many tools share one pool. */
  readonly #pools = new Map<string, { readonly pool: ServicePool; readonly users: Set<ToolConnection> }>();

  constructor(http: HttpClient, endpoints: Endpoints, services: PoolServices) {
    this.#http = http;
    this.#endpoints = endpoints;
    this.#services = services;
  }

  /** @throws CapstanError where the connection has no base URL, or one that may not be used. */
  of(connection: ToolConnection, egress: Egress | undefined): PreparedConnection {
    let byEgress = this.#prepared.get(connection);
    if (!byEgress) {
      byEgress = new WeakMap();
      this.#prepared.set(connection, byEgress);
    }
    const key = egress ?? NO_EGRESS;
    const known = byEgress.get(key);
    if (known) return known;
    const fresh = this.#prepare(connection, egress);
    byEgress.set(key, fresh);
    return fresh;
  }

  /** The way of one call; a promise only while the endpoints are discovered for the first time. */
  route(prepared: PreparedConnection): CallRoute | Promise<CallRoute> {
    if (prepared.kind === 'single') {
      const { target, endpoint } = prepared;
      return new SingleRoute({ target, endpoint: this.#endpoints.of(endpoint, prepared.pack), weight: 1 });
    }
    const { pool } = prepared;
    const candidates = pool.candidates();
    if (candidates instanceof Promise) return candidates.then((found) => new BalancedRoute(pool, found));
    return new BalancedRoute(pool, candidates);
  }

  close(): void {
    for (const { pool } of this.#pools.values()) pool.close();
  }

  /** Nobody begins a call over this connection any more; what no other one uses is let go. */
  release(connection: ToolConnection): void {
    for (const [key, { pool, users }] of this.#pools) {
      if (!users.delete(connection) || users.size > 0) continue;
      this.#pools.delete(key);
      pool.close();
    }
  }

  #prepare(connection: ToolConnection, egress: Egress | undefined): PreparedConnection {
    if (connection.cluster !== undefined)
      return { kind: 'balanced', pool: this.#poolOf(connection, connection.cluster, egress) };
    const target = this.#http.target(baseUrlOf(connection), egress);
    return { kind: 'single', target, endpoint: `${target.origin}${target.basePath}`, pack: connection.pack };
  }

  #poolOf(connection: ToolConnection, cluster: ServiceCluster, egress: Egress | undefined): ServicePool {
    const { pack } = connection;
    const key = JSON.stringify([pack, cluster, egress]);
    const known = this.#pools.get(key);
    if (known) {
      known.users.add(connection);
      return known.pool;
    }
    const pool = new ServicePool(cluster, {
      ...this.#services,
      http: this.#http,
      endpoints: this.#endpoints,
      pack,
      egress,
    });
    this.#pools.set(key, { pool, users: new Set([connection]) });
    return pool;
  }
}

function baseUrlOf({ remoteClusterUrl, config, id, pack }: ToolConnection): string {
  const url = remoteClusterUrl ?? config.base_url;
  if (typeof url === 'string' && url !== '') return url;
  throw new CapstanError('CAPSTAN_NEEDS_CONFIG', `Connection "${id}" of pack "${pack}" has no base URL.`, {
    hint: 'Set base_url in the config of the pack, or remote_cluster_url of the connection.',
    details: { connection: id, missing: [{ key: 'base_url', description: 'Base URL of the remote service' }] },
  });
}
