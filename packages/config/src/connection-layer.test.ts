import { expect, test } from 'vitest';
import { connectionLayerOf } from './connection-layer.ts';
import { requestOf, traceOf } from './requests.test.support.ts';
import { resolveConfig } from './resolve-config.ts';

const properties = {
  base_url: { type: 'string' },
  api_token: { type: 'string', 'x-secret': true },
  region: { type: 'string' },
};
const connection = {
  id: 'line-main',
  remoteClusterUrl: 'https://line.example',
  auth: { type: 'bearer', token: 'env:LINE_TOKEN' },
  config: { region: 'jp' },
  references: 'operator',
} as const;

function resolve(layer: ReturnType<typeof connectionLayerOf>, schema = properties) {
  const request = requestOf({ properties: schema, variables: { LINE_TOKEN: 'geheim-1' } });
  return resolveConfig({ ...request, connectionLayer: layer });
}

test('remote_cluster_url is base_url, and a bearer token is api_token', () => {
  const resolution = resolve(connectionLayerOf(connection));
  expect(JSON.parse(JSON.stringify(resolution.values))).toEqual({
    base_url: 'https://line.example',
    api_token: '●●●●',
    region: 'jp',
  });
  expect(traceOf(resolution, 'api_token').winner?.reference).toBe('env:LINE_TOKEN');
  expect(resolution.warnings).toEqual([]);
});

test('sources are asked for in the words of the connection', () => {
  const asked: string[] = [];
  const sourceOf = (path: readonly string[]) => {
    asked.push(path.join('.'));
    return { kind: 'file', path: 'capstan.yaml', line: 1, column: 1 } as const;
  };
  resolve(connectionLayerOf({ ...connection, sourceOf }));
  expect(new Set(asked)).toEqual(new Set(['remote_cluster_url', 'auth.token', 'config.region']));
});

test('without sources the connection itself is one, with who set it and when', () => {
  const written = { ...connection, setBy: 'key_1', setAt: '2026-01-02T03:04:05Z' };
  expect(traceOf(resolve(connectionLayerOf(written)), 'region').winner?.source).toEqual({
    kind: 'connection',
    connectionId: 'line-main',
    setBy: 'key_1',
    setAt: '2026-01-02T03:04:05Z',
  });
});

test('where the config says such a key differently, the field counts and the trace says so', () => {
  const config = { base_url: 'https://other.example', api_token: 'env:LINE_TOKEN' };
  const resolution = resolve(connectionLayerOf({ ...connection, config }));
  expect(resolution.values.base_url).toBe('https://line.example');
  expect(traceOf(resolution, 'base_url').ignored.map(({ reason }) => reason)).toEqual([
    'the connection says the same in remote_cluster_url, which counts',
  ]);
  expect(traceOf(resolution, 'api_token').ignored).toEqual([]);
});

test('empty fields and other kinds of auth leave the config alone', () => {
  const config = { base_url: 'https://other.example', api_token: 'x' };
  const layer = connectionLayerOf({
    ...connection,
    remoteClusterUrl: '',
    auth: { type: 'api_key', token: 'no bearer token' },
    config,
  });
  expect(layer.values).toEqual(config);
});

test('a pack without such keys is not warned of the fields of its connection', () => {
  const { region } = properties;
  expect(resolve(connectionLayerOf(connection), { region } as typeof properties).warnings).toEqual([]);
});
