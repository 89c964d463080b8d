import { BALANCING_STRATEGIES } from '@capstan/http';
import type { ResolvedConfig, ServiceCluster, ServiceDiscovery, ServiceEndpoint } from '@capstan/sdk';
import type { ConnectionClusterSettings } from '../settings/host-settings.ts';

/** Config keys by which a pack's config names several endpoints; the last two are the seed's. */
const KEYS = {
  urls: 'remote_cluster_urls',
  registry: 'registry',
  registryUrl: 'registry_url',
  service: 'service_name',
  strategy: 'strategy',
  instances: 'service_instances',
  weights: 'instance_weights',
} as const;

const DEFAULT_STRATEGY: ServiceCluster['strategy'] = 'least_pending';

/** Where the endpoints of a connection are said. */
export interface ClusterSources {
  readonly settings: ConnectionClusterSettings | undefined;
  readonly config: ResolvedConfig;
  /** Resolves the references of a text of the operator's; `undefined` where that cannot be done. */
  readonly read: (text: string | undefined, field: string) => string | undefined;
  /** Whether somebody declared what may be reached. */
  readonly hasEgressList: boolean;
}

/** The endpoints of a connection that has several; what the connection says goes before what its config says. */
export function clusterOf(sources: ClusterSources): ServiceCluster | undefined {
  const { settings, config, hasEgressList } = sources;
  const endpoints = endpointsOf(sources);
  const discovery = discoveryOf(sources);
  const healthIntervalMs = settings?.healthIntervalMs;
  if (endpoints.length === 0 && discovery === undefined) return undefined;
  return {
    endpoints,
    strategy: settings?.strategy ?? strategyIn(config) ?? DEFAULT_STRATEGY,
    ...(discovery === undefined ? {} : { discovery, trustDiscovery: !hasEgressList }),
    ...(healthIntervalMs === undefined ? {} : { healthIntervalMs }),
  };
}

function endpointsOf({ settings, config, read }: ClusterSources): readonly ServiceEndpoint[] {
  const declared = (settings?.urls ?? []).flatMap(({ url, weight }, index) => {
    const resolved = read(url, `remote_cluster_urls.${index}`);
    return resolved === undefined ? [] : [{ url: resolved, weight }];
  });
  return declared.length > 0 ? declared : endpointsIn(config);
}

/** A list of URLs, or of `{ url, weight }`; weights may also stand beside it, by URL or in the same order. */
function endpointsIn(config: ResolvedConfig): readonly ServiceEndpoint[] {
  const urls = config[KEYS.urls] ?? config[KEYS.instances];
  if (!Array.isArray(urls)) return [];
  const weights: unknown = config[KEYS.weights];
  return urls.flatMap((item: unknown, index): readonly ServiceEndpoint[] => {
    const url = typeof item === 'string' ? item : memberOf(item, 'url');
    if (typeof url !== 'string' || url === '') return [];
    const weight = memberOf(item, 'weight') ?? memberOf(weights, url) ?? memberOf(weights, String(index));
    return [{ url, weight: typeof weight === 'number' && weight > 0 ? weight : 1 }];
  });
}

function discoveryOf({ settings, config, read }: ClusterSources): ServiceDiscovery | undefined {
  const kind = settings?.registry ?? config[KEYS.registry];
  const service = read(settings?.serviceName, 'service_name') ?? config[KEYS.service];
  const url = read(settings?.registryUrl, 'registry_url') ?? config[KEYS.registryUrl];
  if (typeof service !== 'string' || service === '') return undefined;
  if (kind === 'dns_srv') return { kind, service };
  if ((kind !== 'http' && kind !== 'consul') || typeof url !== 'string' || url === '') return undefined;
  return { kind, url, service };
}

function strategyIn(config: ResolvedConfig): ServiceCluster['strategy'] | undefined {
  return BALANCING_STRATEGIES.find((name) => name === config[KEYS.strategy]);
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}
