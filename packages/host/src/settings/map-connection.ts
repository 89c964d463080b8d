import { AUTH_TYPES, CONNECTION_TYPES } from '@capstan/sdk';
import { AUTH_FIELD_ALIASES } from './auth-fields.ts';
import { type JsonNode, jsonMapping, memberOf, membersOf, textOf, textOr, textsOf, wordOr } from './json-node.ts';
import { limitsIn } from './map-limits.ts';
import { clusterIn } from './map-resilience.ts';
import type { ConnectionAuthSettings, ConnectionSettings, SealedConnection } from './settings-model.ts';

/** Who wrote a connection, and what that means. */
export interface ConnectionOrigin extends Pick<ConnectionSettings, 'position' | 'references' | 'sourceOf'> {
  readonly sealed?: SealedConnection;
}

const NOTHING_SEALED: SealedConnection = Object.freeze({ config: Object.freeze({}), auth: Object.freeze({}) });

/** A connection from the words of `capstan.yaml`, already checked. */
export function connectionFrom(node: JsonNode, origin: ConnectionOrigin): ConnectionSettings {
  const id = textOr(node, 'id', '');
  const url = textOf(node, 'remote_cluster_url');
  const remoteId = textOf(node, 'remote_connection_id');
  return {
    id,
    pack: textOr(node, 'pack', ''),
    toolType: textOr(node, 'tool_type', ''),
    connectionType: wordOr(node, 'connection_type', CONNECTION_TYPES, 'remote'),
    name: textOr(node, 'name', id),
    ...(url === undefined ? {} : { remoteClusterUrl: url }),
    cluster: clusterIn(node),
    ...(remoteId === undefined ? {} : { remoteConnectionId: remoteId }),
    config: jsonMapping(memberOf(node, 'config')),
    auth: authOf(memberOf(node, 'auth')),
    limits: limitsIn(memberOf(node, 'limits')),
    sealed: NOTHING_SEALED,
    ...origin,
  };
}

function authOf(auth: JsonNode): ConnectionAuthSettings {
  const type = wordOr(auth, 'type', AUTH_TYPES, 'none');
  const token = type === 'bearer' ? textOf(auth, 'token') : undefined;
  const fields = membersOf(auth).flatMap(([key, value]) => {
    const name = AUTH_FIELD_ALIASES[key] ?? key;
    if (key === 'type') return [];
    return [[name, typeof value === 'string' ? value : textsOf(value).map(([, text]) => text)] as const];
  });
  return { type, ...(token === undefined ? {} : { token }), fields: Object.fromEntries(fields) };
}
