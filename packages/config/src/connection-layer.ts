import type { JsonValue } from '@capstan/sdk';
import type { ConfigLayerValues, ConfigSource } from './types.ts';

/** A connection as it was written, references and all. */
export interface WrittenConnection {
  readonly id: string;
  readonly remoteClusterUrl?: string;
  readonly auth?: { readonly type: string; readonly token?: JsonValue };
  readonly config?: Readonly<Record<string, JsonValue | undefined>>;
  /** Secrets that are kept apart, by config key and for the bearer token. See {@link ConfigLayerValues.sealed}. */
  readonly sealed?: { readonly config: Readonly<Record<string, JsonValue | undefined>>; readonly token?: string };
  /** See {@link ConfigLayerValues.references}. */
  readonly references: ConfigLayerValues['references'];
  /** The source of a path in the connection's own words (`remote_cluster_url`, `auth.token`, `config.region`). Default: the connection itself. */
  readonly sourceOf?: (path: readonly string[]) => ConfigSource;
  /** Who wrote it, and when (ISO 8601), where it was not a file. */
  readonly setBy?: string;
  readonly setAt?: string;
}

/** A field of a connection that is also a config key. */
interface Pair {
  readonly key: string;
  readonly path: readonly string[];
  readonly value: JsonValue | undefined;
}

/**
 * The connection layer of a connection: its config, with `remote_cluster_url` as `base_url` and a bearer token as
 * `api_token`. Where the config says such a key too, and differently, the field of the connection counts.
 */
export function connectionLayerOf(connection: WrittenConnection): ConfigLayerValues {
  const { config = {}, auth, references } = connection;
  const sourceInConnection = connection.sourceOf ?? (() => connectionSource(connection));
  const pairs: readonly Pair[] = [
    { key: 'base_url', path: ['remote_cluster_url'], value: connection.remoteClusterUrl },
    { key: 'api_token', path: ['auth', 'token'], value: auth?.type === 'bearer' ? auth.token : undefined },
  ];
  const given = pairs.filter(({ value }) => value !== undefined && value !== '');
  const sealedToken = auth?.type === 'bearer' ? connection.sealed?.token : undefined;
  const sealed = { ...connection.sealed?.config, ...(sealedToken === undefined ? {} : { api_token: sealedToken }) };
  const beaten = given.filter(({ key, value }) => isSaidOtherwise(config, key, value));
  return {
    values: Object.fromEntries([...Object.entries(config), ...given.map(({ key, value }) => [key, value])]),
    sourceOf: (path) => {
      const pair = given.find(({ key }) => key === path[0]);
      return sourceInConnection(pair === undefined ? ['config', ...path] : [...pair.path, ...path.slice(1)]);
    },
    references,
    ...(Object.keys(sealed).length === 0 ? {} : { sealed }),
    implied: [...given.map(({ key }) => key), ...(sealedToken === undefined ? [] : ['api_token'])],
    ignored: beaten.map(({ key, path }) => ({
      key,
      source: sourceInConnection(['config', key]),
      reason: `the connection says the same in ${path.join('.')}, which counts`,
    })),
  };
}

function isSaidOtherwise(
  config: NonNullable<WrittenConnection['config']>,
  key: string,
  value: JsonValue | undefined,
): boolean {
  const said = Object.hasOwn(config, key) ? config[key] : undefined;
  return said !== undefined && said !== '' && said !== value;
}

function connectionSource({ id, setBy, setAt }: WrittenConnection): ConfigSource {
  return {
    kind: 'connection',
    connectionId: id,
    ...(setBy === undefined ? {} : { setBy }),
    ...(setAt === undefined ? {} : { setAt }),
  };
}
