// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in texts are the subject
import { isSecret, spendSecret } from '@capstan/schema';
import { expect, test } from 'vitest';
import { connectionLayerOf } from './connection-layer.ts';
import { toExplainJson } from './explain-json.ts';
import { requestOf } from './requests.test.support.ts';
import { resolveConfig } from './resolve-config.ts';
import { describeSource } from './source-text.ts';
import type { ConfigLayerValues, ConfigSource } from './types.ts';

const token = { type: 'string', 'x-secret': true };

function layer(values: ConfigLayerValues['values'], source: ConfigSource): ConfigLayerValues {
  return { values, sourceOf: () => source, references: 'operator' };
}

const IN_SUPPORT: ConfigSource = {
  kind: 'setting',
  workspace: 'support',
  setBy: 'key:ada',
  setAt: '2026-01-02T03:04:05.000Z',
};
const EVERYWHERE: ConfigSource = { kind: 'setting', setBy: 'key:ada', setAt: '2026-01-01T00:00:00.000Z' };

test('of several system layers the first wins, objects merge over all, and the trace names who set each', () => {
  const properties = { url: { type: 'string' }, retry: { type: 'object' } };
  const resolution = resolveConfig({
    ...requestOf({ properties }),
    system: [
      layer({ retry: { max: 1 } }, { kind: 'file', path: 'capstan.yaml', line: 3, column: 5 }),
      layer({ url: 'http://support', retry: { max: 2, base: 5 } }, IN_SUPPORT),
      layer({ url: 'http://all' }, EVERYWHERE),
    ],
  });
  expect(resolution.values).toEqual({ url: 'http://support', retry: { max: 1, base: 5 } });
  const { keys } = toExplainJson(resolution);
  expect(keys[0]?.winner?.source).toEqual({
    kind: 'setting',
    workspace: 'support',
    set_by: 'key:ada',
    set_at: '2026-01-02T03:04:05.000Z',
  });
  expect(keys[0]?.overridden.map(({ source }) => source)).toEqual([
    { kind: 'setting', set_by: 'key:ada', set_at: '2026-01-01T00:00:00.000Z' },
  ]);
  expect(describeSource(EVERYWHERE)).toBe('config of all workspaces (set by key:ada at 2026-01-01T00:00:00.000Z)');
});

test.each(['env:HOME_TOKEN', '${HOME_TOKEN}', 'file:/etc/hostname', '${broken'])(
  'a secret that is kept apart is taken as it is, although it reads %s',
  (text) => {
    const resolution = resolveConfig({
      ...requestOf({ properties: { token }, variables: { HOME_TOKEN: 'another' } }),
      system: { values: {}, sealed: { token: text }, sourceOf: () => IN_SUPPORT, references: 'operator' },
    });
    const { token: value } = resolution.values;
    expect(isSecret(value) && spendSecret(value)).toBe(text);
    expect(JSON.stringify(toExplainJson(resolution))).not.toContain(text);
  },
);

test('a secret inside an object merges with what is written beside it', () => {
  const proxy = { type: 'object', properties: { host: { type: 'string' }, password: token } };
  const { values } = resolveConfig({
    ...requestOf({ properties: { proxy } }),
    connectionLayer: connectionLayerOf({
      id: 'con_1',
      config: { proxy: { host: 'p.example' } },
      sealed: { config: { proxy: { password: 'hidden' } } },
      references: { variables: [], files: [] },
    }),
  });
  expect(values.proxy).toMatchObject({ host: 'p.example' });
});

test('a bearer token that is kept apart is the api_token of its connection', () => {
  const resolution = resolveConfig({
    ...requestOf({ properties: { api_token: token } }),
    connectionLayer: connectionLayerOf({
      id: 'con_1',
      auth: { type: 'bearer' },
      sealed: { config: {}, token: 'hidden' },
      references: { variables: [], files: [] },
      setBy: 'key:ada',
      setAt: '2026-01-01T00:00:00.000Z',
    }),
  });
  expect(isSecret(resolution.values.api_token)).toBe(true);
  expect(resolution.trace[0]?.winner?.source).toEqual({
    kind: 'connection',
    connectionId: 'con_1',
    setBy: 'key:ada',
    setAt: '2026-01-01T00:00:00.000Z',
  });
});

test('what was kept as a secret is not shown when the schema calls the key one no more', () => {
  const resolution = resolveConfig({
    ...requestOf({ properties: { token: { type: 'string' } } }),
    system: { values: {}, sealed: { token: 'hidden' }, sourceOf: () => IN_SUPPORT, references: 'operator' },
  });
  expect(resolution.values).toEqual({});
  expect(resolution.trace[0]?.ignored[0]?.reason).toContain('it was set as a secret');
  expect(JSON.stringify(toExplainJson(resolution))).not.toContain('hidden');
});

test('a key that only a secret was set for is unknown like any other', () => {
  const { warnings } = resolveConfig({
    ...requestOf({ properties: { token } }),
    system: { values: {}, sealed: { tokn: 'hidden' }, sourceOf: () => IN_SUPPORT, references: 'operator' },
  });
  expect(warnings.map(({ key, hint }) => [key, hint])).toEqual([['tokn', 'Did you mean "token"?']]);
});
