import { Resolver } from 'node:dns/promises';
import { CapstanError, type JsonValue, type ServiceDiscovery, type ServiceEndpoint } from '@capstan/sdk';
import type { HttpClient } from '../types.ts';
import { fromConsul, fromRegistry, fromSrv, type SrvRecord } from './service-addresses.ts';

const ASK_TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** What discovery asks with. */
export interface DiscoveryServices {
  readonly http: HttpClient;
  /** SRV records of a name. Default: the system's resolver. */
  readonly resolveSrv?: (name: string) => Promise<readonly SrvRecord[]>;
}

/** Asks once where a service is; at least one endpoint. @throws CapstanError */
export async function discover(
  discovery: ServiceDiscovery,
  services: DiscoveryServices,
): Promise<readonly ServiceEndpoint[]> {
  const found = await ask(discovery, services);
  if (found.length > 0) return found;
  throw unavailable(discovery, 'knows no endpoint of it that is well');
}

async function ask(discovery: ServiceDiscovery, services: DiscoveryServices): Promise<readonly ServiceEndpoint[]> {
  const name = encodeURIComponent(discovery.service);
  switch (discovery.kind) {
    case 'http':
      return fromRegistry(await fetchJson(discovery, `/services/${name}`, services.http));
    case 'consul':
      return fromConsul(await fetchJson(discovery, `/v1/health/service/${name}?passing`, services.http));
    case 'dns_srv':
      return fromSrv(discovery.service, await srvRecords(discovery, services.resolveSrv ?? resolveBySystem));
  }
}

async function srvRecords(
  discovery: Extract<ServiceDiscovery, { kind: 'dns_srv' }>,
  resolve: (name: string) => Promise<readonly SrvRecord[]>,
): Promise<readonly SrvRecord[]> {
  try {
    return await resolve(discovery.service);
  } catch (cause) {
    throw unavailable(discovery, 'does not answer', cause);
  }
}

function resolveBySystem(name: string): Promise<readonly SrvRecord[]> {
  return new Resolver({ timeout: ASK_TIMEOUT_MS, tries: 2 }).resolveSrv(name);
}

/** The operator named the registry, so its own host is what may be asked; the address is checked as ever. */
async function fetchJson(
  discovery: Extract<ServiceDiscovery, { url: string }>,
  path: string,
  http: HttpClient,
): Promise<JsonValue> {
  const target = http.target(discovery.url, undefined);
  const answer = await http
    .exchange({
      target,
      method: 'GET',
      path,
      headers: ['Accept', 'application/json'],
      timeoutMs: ASK_TIMEOUT_MS,
      maxResponseBytes: MAX_ANSWER_BYTES,
    })
    .catch((cause: unknown) => {
      throw unavailable(discovery, 'does not answer', cause);
    });
  if (answer.status !== 200) throw unavailable(discovery, `answered ${answer.status}`);
  try {
    const value: JsonValue = JSON.parse(answer.body.toString('utf8'));
    return value;
  } catch (cause) {
    throw unavailable(discovery, 'answered something that is not JSON', cause);
  }
}

function unavailable(discovery: ServiceDiscovery, what: string, cause?: unknown): CapstanError {
  const where = discovery.kind === 'dns_srv' ? 'DNS' : `The registry of the service`;
  return new CapstanError('CAPSTAN_REMOTE_UNREACHABLE', `${where} ${what} ("${discovery.service}").`, {
    hint: 'Check the registry and the name of the service in the connection.',
    details: { registry: discovery.kind, service: discovery.service },
    ...(cause === undefined ? {} : { cause }),
  });
}
