import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findings } from '../loading.test.support.ts';
import { MANIFEST_SCHEMA } from './manifest-schema.ts';

const published: object = JSON.parse(
  readFileSync(new URL('../../schema/manifest.schema.json', import.meta.url), 'utf8'),
);
// Ajv as other tools use it: its own regular expressions, none of our set-up.
const accepts: ValidateFunction = new Ajv2020({ strict: false }).compile(published);

test('the published schema is the one that the loader uses (else: pnpm --filter @capstan/manifest run schema)', () => {
  expect(published).toEqual(JSON.parse(JSON.stringify(MANIFEST_SCHEMA)));
});

test('it is a valid schema of draft 2020-12, without look-around, so that every editor can run it', () => {
  expect(new Ajv2020({ strict: false }).validateSchema(published)).toBe(true);
  expect(JSON.stringify(published)).not.toMatch(/\(\?[=!<]/);
});

/** What a schema can say of a manifest; the rest (names that refer to something, files, versions) is the loader's. */
const STRUCTURAL = /^(?:MISSING_KEY|TYPE|VALUE|UNKNOWN_KEY|BACKEND_CONFLICT|NORMALISED_[A-Z]+|NOT_A_MANIFEST) /;

const anything = fc.constantFrom<unknown>('text', 'a.b', 'A', '', 5, null, true, [], {});
/** Mostly one of the good values, so that manifests with one fault, or none, come up often. */
const of = (good: readonly unknown[], bad: readonly unknown[] = []): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 60, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: bad.length > 0 ? fc.constantFrom(...bad) : anything },
    { weight: 1, arbitrary: anything },
  );
const fields = (keys: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<object> =>
  fc.record(keys, { requiredKeys: [] });
const rarely = <Value>(usual: fc.Arbitrary<Value>, rare: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 20, arbitrary: usual }, { weight: 1, arbitrary: rare });

const backend = fc.constantFrom<object>(
  { backend: './a.js:b' },
  { backend: 'nothing' },
  { remote: { tool_type: 'a', action: 'b' } },
  { remote: { tool_type: 'a' } },
  { http: { url: '/x', anything: 1 } },
  { http: { method: 'GET' } },
  { http: { url: '/x', method: 'get' } },
  { mcp: { server: 's', tool: 't' } },
  { mcp: { server: 's', tool: 't', more: 1 } },
  { workflow: { steps: [{}] } },
  { workflow: { steps: [] } },
  { backend: './a.js:b', workflow: { steps: [{}] } },
  {},
);

const toolKeys = fields({
  name: of(['a.b', 'c', 'd-e_f'], ['a b', 'a..b']),
  description: of(['d']),
  tags: of([['x'], []]),
  aliases: of([['y']]),
  examples: of([[{ a: 1 }]]),
  input_schema: of([{ type: 'object' }, true, {}]),
  danger_level: of(['low', 'critical'], ['LOW']),
  annotations: of([{ read_only: true }, {}], [{ readOnly: true }]),
  permissions: of([['email_send', 'x.y']]),
  timeout_ms: of([1, 30_000], [0, 1.5]),
  rate_limit: of([10, { limit: 1, window_ms: 1 }], [{ limit: 1 }, 0, { limit: 1, window_ms: 1, per: 'all' }]),
  retry: of([{ max_retries: 0 }, {}], [{ max: 1 }]),
  breaker: of([{ recovery_timeout_s: 0.5 }], [{ recovery_timeout_s: 0 }]),
  cache: of([{ ttl_s: 1, tags: ['a'] }], [{}]),
  'x-own': anything,
});
const named = toolKeys.map((keys) => ({ name: 'a', ...keys }));
const tool = fc.tuple(rarely<object>(named, toolKeys), backend).map(([keys, how]) => ({ ...keys, ...how }));

const setting = fields({
  name: of(['a', 'b_1'], ['1a', 'a-b']),
  type: of(['string', 'integer'], ['int', 'secret', 'strin']),
  required: of([true, false]),
  default: of(['d', 1, null]),
  env_var: of(['A_B'], ['A-B']),
  secret: of([true]),
  scope: of(['system', 'both'], ['all']),
  minimum: of([1], ['1']),
  enum: of([['a']]),
}).map((keys) => ({ name: 'a', ...keys }));
const config = rarely<unknown>(
  fc.oneof(
    fc.record({ schema: fc.array(setting, { maxLength: 3 }) }),
    fc.constantFrom({ schema: { type: 'object', properties: {} } }, {}),
  ),
  fc.constantFrom({ schema: { type: 'object' } }, { schema: ['a'] }, [], 'text', { other: 1 }),
);

const manifest = fields({
  $schema: of(['./manifest.schema.json']),
  manifest_version: of([1], [2]),
  code: of(['sample', 'a_b'], ['Sample', '1x']),
  display_name: of(['d']),
  version: of(['1.0.0', '1.0.0-rc.1+b'], ['1.0', 1, 'v1.0.0', '01.0.0']),
  type: of(['system', 'agent'], ['core']),
  engines: of([{ capstan: '>=0.1' }, {}], [{ node: '1' }]),
  config,
  ui_schema: of([{}]),
  egress: of([['a.example', '*.b.example', 'localhost:80', '[::1]:80']], [['https://a'], ['a/b'], ['*']]),
  permissions: of([['x.y']]),
  routes: of([[{}]]),
  mcp_servers: of([{ s: {} }, [{ name: 's' }]]),
  tools: rarely<unknown>(fc.array(tool, { maxLength: 2 }), fc.oneof(anything, fc.constantFrom(['a'], [5], { a: {} }))),
  'x-own': anything,
});
const whole = manifest.map((partial) => ({ code: 'sample', version: '1.0.0', ...partial }));
const strange = manifest.map((partial) => ({ ...partial, stranger: 1, id: 'sample' }));

describe('what an editor says', () => {
  test('is what the loader says of the structure, strictly', () => {
    const verdicts = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(rarely<object>(whole, fc.oneof(manifest, strange)), (value) => {
        const said = findings(JSON.stringify(value), { strict: true });
        const structural = said.filter((finding) => STRUCTURAL.test(finding));
        verdicts[structural.length === 0 ? 'accepted' : 'refused'] += 1;
        expect(accepts(value), structural.join()).toBe(structural.length === 0);
      }),
      { numRuns: 3_000 },
    );
    expect(verdicts.accepted).toBeGreaterThan(300);
    expect(verdicts.refused).toBeGreaterThan(300);
  });
});
