import { BALANCING_STRATEGIES } from '@capstan/http';
import { itemsOf, type JsonNode, memberOf, numberOr, textOf } from './json-node.ts';
import type { ConnectionClusterSettings, PackPolicy } from './settings-model.ts';

/** The policy of a pack; what is absent stays absent. */
export function policyIn(policy: JsonNode): PackPolicy {
  const [retry, breaker] = [memberOf(policy, 'retry'), memberOf(policy, 'breaker')];
  return {
    ...numberAs('timeoutMs', policy, 'timeout_ms'),
    ...numberAs('deadlineMs', policy, 'deadline_ms'),
    ...(retry === undefined
      ? {}
      : {
          retry: {
            ...numberAs('maxRetries', retry, 'max_retries'),
            ...numberAs('baseMs', retry, 'base_ms'),
            ...numberAs('maxMs', retry, 'max_ms'),
          },
        }),
    ...(breaker === undefined
      ? {}
      : {
          breaker: {
            ...numberAs('failureThreshold', breaker, 'failure_threshold'),
            ...numberAs('recoveryTimeoutMs', breaker, 'recovery_timeout_s', 1_000),
            ...numberAs('successThreshold', breaker, 'success_threshold'),
          },
        }),
  };
}

/** The endpoints of a connection, where it has several or asks for them. */
export function clusterIn(connection: JsonNode): ConnectionClusterSettings {
  const registry = REGISTRIES.find((kind) => kind === textOf(connection, 'registry'));
  const registryUrl = textOf(connection, 'registry_url');
  const serviceName = textOf(connection, 'service_name');
  const strategy = BALANCING_STRATEGIES.find((name) => name === textOf(connection, 'strategy'));
  return {
    urls: itemsOf(memberOf(connection, 'remote_cluster_urls')).flatMap((item) => {
      const url = typeof item === 'string' ? item : textOf(item, 'url');
      return url === undefined ? [] : [{ url, weight: numberOr(item, 'weight', 1) }];
    }),
    ...(registry === undefined ? {} : { registry }),
    ...(registryUrl === undefined ? {} : { registryUrl }),
    ...(serviceName === undefined ? {} : { serviceName }),
    ...(strategy === undefined ? {} : { strategy }),
    ...numberAs('healthIntervalMs', connection, 'health_interval_s', 1_000),
  };
}

const REGISTRIES = ['http', 'consul', 'dns_srv'] as const;

function numberAs<Name extends string>(
  name: Name,
  node: JsonNode,
  key: string,
  factor: number = 1,
): { readonly [K in Name]?: number } {
  const value = memberOf(node, key);
  return typeof value === 'number' ? ({ [name]: value * factor } as { readonly [K in Name]?: number }) : {};
}
