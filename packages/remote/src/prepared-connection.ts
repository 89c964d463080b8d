import type { HttpClient, HttpTarget } from '@capstan/http';
import { CapstanError, type Secret, type ToolConnection } from '@capstan/sdk';

/** What all calls over one connection have in common, worked out once. It holds no secret. */
export interface PreparedConnection {
  readonly target: HttpTarget;
  /** Origin and base path: what a breaker is kept for. */
  readonly endpoint: string;
}

type Egress = readonly string[];
const NO_EGRESS: Egress = Object.freeze([]);

/**
 * Prepared connections, by the identity of the connection and of the egress list. Both are immutable by contract; a
 * connection that was changed is another object.
 */
export class PreparedConnections {
  readonly #prepared = new WeakMap<ToolConnection, WeakMap<Egress, PreparedConnection>>();
  readonly #http: HttpClient;

  constructor(http: HttpClient) {
    this.#http = http;
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
    const target = this.#http.target(baseUrlOf(connection), egress);
    const fresh = { target, endpoint: `${target.origin}${target.basePath}` };
    byEgress.set(key, fresh);
    return fresh;
  }
}

/** The bearer token of a connection: a secret (or, from an application's own code, plain text), or `undefined`. */
export function tokenOf({ auth, config }: ToolConnection): Secret | string | undefined {
  return credential(auth.type === 'bearer' ? auth.token : undefined) ?? credential(config.api_token);
}

function credential(value: ToolConnection['config'][string]): Secret | string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return isSecretShaped(value) ? value : undefined;
}

/** Whether the value is meant as a secret; spending it decides whether it is one of this host. */
function isSecretShaped(value: ToolConnection['config'][string]): value is Secret {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'secret';
}

function baseUrlOf({ remoteClusterUrl, config, id, pack }: ToolConnection): string {
  const url = remoteClusterUrl ?? config.base_url;
  if (typeof url === 'string' && url !== '') return url;
  throw new CapstanError('CAPSTAN_NEEDS_CONFIG', `Connection "${id}" of pack "${pack}" has no base URL.`, {
    hint: 'Set base_url in the config of the pack, or remote_cluster_url of the connection.',
    details: { connection: id, missing: [{ key: 'base_url', description: 'Base URL of the remote service' }] },
  });
}
