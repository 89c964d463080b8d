import { BalancedRoute, type CallRoute, type Candidate, ServicePool, SingleRoute } from '@capstan/http';
import { CapstanError, type ServiceDiscovery, type ToolConnection } from '@capstan/sdk';
import type { PackHttpServices, PackHttpUse } from './pack-http-services.ts';

/** Where a request goes. */
export interface RequestRoute {
  readonly route: CallRoute;
  /** With its query; appended to the target's base path. */
  readonly path: string;
  /** Whether the connection's credentials go along. */
  readonly isOwnOrigin: boolean;
}

/** What RFC 3986 lets a registered name be, without what needs escaping. */
const SERVICE_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253}[A-Za-z0-9])?$/;

/**
 * Finds the way of requests. `service://{name}/{path}` is an instance of a service that the connection's registry knows.
 * Pools are kept by pack, registry, service and egress list, and closed with the host.
 */
export class RequestRoutes {
  readonly #services: PackHttpServices;
  readonly #pools = new Map<string, ServicePool>();

  constructor(services: PackHttpServices) {
    this.#services = services;
  }

  /** @throws CapstanError where the URL may not be reached. A promise only while a service is discovered for the first time. */
  find(url: URL, connection: ToolConnection, use: PackHttpUse): RequestRoute | Promise<RequestRoute> {
    const path = `${url.pathname}${url.search}`;
    if (url.protocol !== 'service:') {
      const route = new SingleRoute(this.#candidate(url, connection, use));
      return { route, path, isOwnOrigin: originOf(connection.remoteClusterUrl) === url.origin };
    }
    const pool = this.#poolOf(discoveryOf(url, connection), connection, use);
    const routeOver = (candidates: readonly Candidate[]): RequestRoute => ({
      route: new BalancedRoute(pool, candidates),
      path: path.startsWith('/') ? path : `/${path}`,
      isOwnOrigin: false,
    });
    const candidates = pool.candidates();
    return candidates instanceof Promise ? candidates.then(routeOver) : routeOver(candidates);
  }

  close(): void {
    for (const pool of this.#pools.values()) pool.close();
    this.#pools.clear();
  }

  #candidate(url: URL, { pack }: ToolConnection, { policy }: PackHttpUse): Candidate {
    const target = this.#services.http.target(url.origin, policy.egress);
    return { target, endpoint: this.#services.endpoints.of(target.origin, pack), weight: 1 };
  }

  #poolOf(discovery: ServiceDiscovery, { pack }: ToolConnection, { policy, hasEgressList }: PackHttpUse): ServicePool {
    const key = JSON.stringify([pack, discovery, hasEgressList ? policy.egress : null]);
    const known = this.#pools.get(key);
    if (known) return known;
    const cluster = { endpoints: [], discovery, strategy: 'least_pending', trustDiscovery: !hasEgressList } as const;
    const { breaker, egress } = policy;
    const pool = new ServicePool(cluster, { ...this.#services, pack, breaker, egress });
    this.#pools.set(key, pool);
    return pool;
  }
}

function originOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : URL.parse(url)?.origin;
}

/** By the settings `registry` (`http`, where nothing is said) and `registry_url` of the pack. */
function discoveryOf({ hostname: service }: URL, { config, id }: ToolConnection): ServiceDiscovery {
  if (!SERVICE_NAME.test(service)) {
    throw new CapstanError('CAPSTAN_INVALID_REQUEST', `not the name of a service: ${JSON.stringify(service)}`);
  }
  const kind = config.registry ?? 'http';
  if (kind === 'dns_srv') return { kind, service };
  const url = config.registry_url;
  if ((kind === 'http' || kind === 'consul') && typeof url === 'string' && url !== '') return { kind, url, service };
  throw new CapstanError('CAPSTAN_NEEDS_CONFIG', `the connection "${id}" has no registry of services`, {
    hint: 'Set registry_url of the pack, and registry where it is no http one.',
    details: { connection: id, missing: [{ key: 'registry_url', description: 'Where services are asked for' }] },
  });
}
