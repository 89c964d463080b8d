import { readFileSync } from 'node:fs';
import { readYaml } from '@capstan/schema';
import type { JsonSchema, JsonValue } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { explainText } from './explain-text.ts';
import { resolveConfig } from './resolve-config.ts';
import type { ConfigLayerValues, ConfigRequest, ConfigSource } from './types.ts';

const page = readFileSync(new URL('../../../docs/formats/config.md', import.meta.url), 'utf8');
const EXAMPLE = /```yaml\n(?<layers>.*?)```\n```text\n(?<printed>.*?)```/gs;

interface Example {
  readonly schema: JsonSchema;
  readonly system?: Readonly<Record<string, JsonValue>>;
  readonly connection?: Readonly<Record<string, JsonValue>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly allowed?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}

function requestOf(text: string): ConfigRequest {
  const reading = readYaml(text, { path: 'capstan.yaml', codePrefix: 'EXAMPLE' });
  expect(reading.diagnostics).toEqual([]);
  const { schema, system, connection, environment = {}, allowed, files = {} } = reading.value as Example;
  const layer = (values: ConfigLayerValues['values'], sourceOf: ConfigLayerValues['sourceOf']): ConfigLayerValues => ({
    values,
    sourceOf,
    references: 'operator',
  });
  const inFile = (path: readonly string[]): ConfigSource => ({
    kind: 'file',
    ...reading.locate(['system', ...path]),
  });
  return {
    pack: 'demo',
    workspace: 'default',
    connection: 'line-main',
    schema,
    ...(system && { system: layer(system, inFile) }),
    ...(connection && {
      connectionLayer: layer(connection, () => ({ kind: 'connection', connectionId: 'line-main' })),
    }),
    environment: { variables: environment, allowed: new Set(allowed ?? Object.keys(environment)) },
    readFile: (path) => files[path] ?? '',
    maskKey: new Uint8Array(32),
  };
}

const examples = [...page.matchAll(EXAMPLE)].map(({ groups, index }) => ({
  line: page.slice(0, index).split('\n').length,
  layers: groups?.layers ?? '',
  printed: groups?.printed ?? '',
}));

test('the page has its examples', () => expect(examples.length).toBeGreaterThanOrEqual(7));

test.each(examples)('the example at line $line of the page prints what stands below it', ({ layers, printed }) => {
  const scope = { pack: 'demo', workspace: 'default', connection: 'line-main' };
  expect(`${explainText(resolveConfig(requestOf(layers)), scope)}\n`).toBe(printed);
});

test('the page names every code of a problem', () => {
  for (const code of ['CAPSTAN_UNRESOLVED_REFERENCE', 'CAPSTAN_REFERENCE_FORBIDDEN', 'CAPSTAN_CONFIG_INVALID']) {
    expect(page).toMatch(new RegExp(`^\\|\\s*\`${code}\`\\s*\\|`, 'm'));
  }
});
