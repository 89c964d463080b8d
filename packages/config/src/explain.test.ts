// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in texts are the subject
import { expect, test } from 'vitest';
import { toExplainJson } from './explain-json.ts';
import { explainText } from './explain-text.ts';
import { requestOf } from './requests.test.support.ts';
import { resolveConfig } from './resolve-config.ts';

const scope = { pack: 'demo', workspace: 'default', connection: 'c1' };

const resolution = resolveConfig(
  requestOf({
    properties: {
      base_url: { type: 'string', 'x-env': 'DEMO_URL', default: 'http://localhost' },
      api_token: { type: 'string', 'x-secret': true, 'x-env': 'DEMO_TOKEN' },
      channel: { type: 'string', 'x-env': 'DEMO_CHANNEL', description: 'Where messages go.' },
      count: { type: 'integer', 'x-env': 'DEMO_COUNT' },
      retry: { type: 'object', default: { max: 3, base: { ms: 250 } } },
      label: { type: 'string' },
    },
    required: ['channel'],
    system: { base_url: 'https://${DEMO_HOST:-a.example}/v1', api_tokn: 'geheim' },
    connection: { api_token: 'env:DEMO_TOKEN', retry: { max: 9 } },
    variables: { DEMO_URL: 'http://b', DEMO_TOKEN: 'geheim-1', DEMO_COUNT: 'many', DEMO_CHANNEL: 'C1' },
    allowed: ['DEMO_URL', 'DEMO_COUNT'],
  }),
);

test('the text shows winners, losers, ignored layers, what is missing, wrong and suspicious, aligned', () => {
  expect(explainText(resolution, scope)).toMatchInlineSnapshot(`
    "Config of demo in workspace default, connection c1: 1 missing key, 1 problem

    KEY         VALUE                        LAYER        SOURCE
    base_url    https://a.example/v1         system       capstan.yaml:1:1, written https://\${DEMO_HOST:-a.example}/v1
      over      http://b                     environment  variable DEMO_URL
      over      http://localhost             default      the pack's manifest
    api_token   ●●●● (17c9)                  connection   connection c1, written env:DEMO_TOKEN
      ignored                                environment  variable DEMO_TOKEN: the variable is set, but this pack may not read it: add DEMO_TOKEN to "environment" under packs.demo in capstan.yaml
    channel     (missing)
      ignored                                environment  variable DEMO_CHANNEL: the variable is set, but this pack may not read it: add DEMO_CHANNEL to "environment" under packs.demo in capstan.yaml
    count       (invalid) many               environment  variable DEMO_COUNT
    retry       {"max":9,"base":{"ms":250}}  merged       from these:
      .max      9                            connection   connection c1
        over    3                            default      the pack's manifest
      .base.ms  250                          default      the pack's manifest
    label       (not set)

    Missing
      channel: Where messages go.
        - The variable DEMO_CHANNEL is set, but this pack may not read it: add DEMO_CHANNEL to "environment" under packs.demo in capstan.yaml.
        - Set packs.demo.config.channel in capstan.yaml, or on a running server: capstan config set demo channel VALUE.
        - Set config.channel of connection c1 in workspace default.

    Problems
      CAPSTAN_CONFIG_INVALID: count (environment layer, variable DEMO_COUNT): its text is not an integer
        hint: Set it to an integer, or take it away.

    Warnings
      CAPSTAN_CONFIG_INVALID: api_tokn (system layer, capstan.yaml:1:1): the pack does not know this key, so it has no effect
        hint: Did you mean "api_token"?"
  `);
});

test('the wire form has snake_case keys and the same facts', () => {
  const json = toExplainJson(resolution);
  expect(json.ready).toBe(false);
  expect(json.keys.find(({ key }) => key === 'base_url')).toEqual({
    key: 'base_url',
    required: false,
    secret: false,
    outcome: 'set',
    winner: {
      layer: 'system',
      source: { kind: 'file', path: 'capstan.yaml', line: 1, column: 1 },
      value: 'https://a.example/v1',
      reference: 'https://${DEMO_HOST:-a.example}/v1',
    },
    overridden: [
      { layer: 'environment', source: { kind: 'variable', name: 'DEMO_URL' }, value: 'http://b' },
      { layer: 'default', source: { kind: 'schema' }, value: 'http://localhost' },
    ],
    ignored: [],
  });
  expect(json.keys.find(({ key }) => key === 'retry')?.parts).toEqual([
    {
      path: '/max',
      entry: { layer: 'connection', source: { kind: 'connection', connection_id: 'c1' }, value: 9 },
      overridden: [{ layer: 'default', source: { kind: 'schema' }, value: 3 }],
    },
    { path: '/base/ms', entry: { layer: 'default', source: { kind: 'schema' }, value: 250 }, overridden: [] },
  ]);
  expect(json.missing).toBe(resolution.missing);
  expect(JSON.parse(JSON.stringify(json))).toEqual(json);
});

test('a config without findings is ready, and a pack without config says so', () => {
  const empty = resolveConfig(requestOf({}));
  expect(explainText(empty, { pack: 'demo', workspace: 'default' })).toBe(
    'Config of demo in workspace default: ready\n\nThis pack has no config.',
  );
  expect(toExplainJson(empty).ready).toBe(true);
});

test('a value cannot forge a line or move the cursor, and a long one is cut', () => {
  const properties = { note: { type: 'string' }, long: { type: 'string' } };
  const system = { note: 'a\n\u001b[2Jb\u0085', long: 'x'.repeat(500) };
  const text = explainText(resolveConfig(requestOf({ properties, system })), scope);
  expect(text).toContain('a\\u000a\\u001b[2Jb\\u0085');
  expect(text.split('\n')).toHaveLength(5);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(100);
});
