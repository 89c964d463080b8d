import type { ConfigLayerValues, ConfigSource } from '@capstan/config';
import { pointerPath } from '@capstan/schema';
import type { JsonObject, JsonValue } from '@capstan/sdk';
import type { ConnectionSettings } from '../settings/host-settings.ts';
import { jsonMapping, textOr } from '../settings/json-node.ts';
import { connectionFrom } from '../settings/map-connection.ts';
import type { SealedConnection } from '../settings/settings-model.ts';
import type { Authorship, RuntimeConnection } from './runtime-state.ts';

/** A connection of run time, or a draft of one, which nobody has set yet. */
export type ConnectionDraft = Pick<RuntimeConnection, 'definition' | 'secrets'> & Partial<Authorship>;

/** A connection of run time as a workspace uses it. @param references What the operator lets such texts refer to. */
export function runtimeConnection(
  { definition, secrets, by, at }: ConnectionDraft,
  references: Exclude<ConfigLayerValues['references'], 'operator'>,
): ConnectionSettings {
  const id = textOr(definition, 'id', '');
  const source: ConfigSource = {
    kind: 'connection',
    connectionId: id,
    ...(by === undefined ? {} : { setBy: by }),
    ...(at === undefined ? {} : { setAt: new Date(at).toISOString() }),
  };
  return connectionFrom(definition, {
    position: { path: `connection ${id}`, line: 1, column: 1 },
    references,
    sourceOf: () => source,
    sealed: sealedOf(secrets),
  });
}

/** The secrets by the two places where they can stand. */
function sealedOf(secrets: ReadonlyMap<string, JsonValue>): SealedConnection {
  let config: JsonObject = {};
  const auth: Record<string, string> = {};
  for (const [pointer, value] of secrets) {
    const [place, ...path] = pointerPath(pointer);
    if (place === 'config') config = withValueAt(config, path, value);
    const [field] = path;
    if (place === 'auth' && field !== undefined) auth[field] = String(value);
  }
  return { config, auth };
}

/** A copy with a value at a path of keys. */
export function withValueAt(object: JsonObject, path: readonly string[], value: JsonValue): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) return object;
  const inner = jsonMapping(Object.hasOwn(object, key) ? object[key] : undefined);
  return { ...object, [key]: rest.length === 0 ? value : withValueAt(inner, rest, value) };
}
