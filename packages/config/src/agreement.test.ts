// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in texts are the subject
import { createHmac } from 'node:crypto';
import { isSecret, MASK, spendSecret } from '@capstan/schema';
import type { JsonValue } from '@capstan/sdk';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isJsonObject } from './json-shape.ts';
import { propertyRun } from './property-run.test.support.ts';
import { type RequestParts, requestOf } from './requests.test.support.ts';
import { resolveConfig } from './resolve-config.ts';
import { pointerPath } from './source-text.ts';
import type { ConfigTraceKey } from './types.ts';

/** The value that a trace tells of, by nothing but the trace. */
function retold({ winner, parts }: ConfigTraceKey): JsonValue | undefined {
  if (parts === undefined) return winner?.shown;
  let whole: JsonValue = {};
  for (const { path, entry } of parts) whole = put(whole, pointerPath(path), entry.shown);
  return whole;
}

function put(into: JsonValue, [step, ...rest]: readonly string[], value: JsonValue): JsonValue {
  if (step === undefined) return value;
  const members = isJsonObject(into) ? into : {};
  const old = Object.hasOwn(members, step) ? members[step] : undefined;
  const entries = Object.entries(members).filter(([key]) => key !== step);
  return Object.fromEntries([...entries, [step, put(old ?? {}, rest, value)]]);
}

/** A value as a person may see it. */
function masked(value: unknown): unknown {
  if (isSecret(value))
    return `${MASK} (${createHmac('sha256', new Uint8Array(32)).update(spendSecret(value)).digest('hex').slice(0, 4)})`;
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, masked(member)]));
}

const NAMES = ['a', 'b', 'c', '__proto__', 'constructor'];
const name = fc.constantFrom(...NAMES);

function tree(leaf: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonValue> {
  return fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
    ),
  })).value;
}

const plainLeaf = fc.oneof(fc.constantFrom<JsonValue>('', 'x', 'y', 0, 7, true, null), fc.string({ maxLength: 4 }));
const referenceLeaf = fc.constantFrom<JsonValue>(
  ...[
    'env:SET',
    'env:UNSET',
    '${SET}',
    '${UNSET:-}',
    '${UNSET:-d}',
    'pre-${SET}',
    'env:JSON',
    '${CAPSTAN_X:-1}',
    'env:no-name',
  ],
  ...['file:/run/secret', 'file:/none', '${SET', '7', 'true', 'a,b'],
);

const propertySchema: fc.Arbitrary<Record<string, unknown>> = fc.letrec<{ schema: Record<string, unknown> }>((tie) => ({
  schema: fc.record(
    {
      type: fc.constantFrom('string', 'integer', 'boolean', 'array', 'object', ['string', 'object']),
      'x-secret': fc.constantFrom(true, false),
      'x-env': fc.constantFrom('SET', 'UNSET', 'JSON', 'NUMBER', 'CAPSTAN_X'),
      'x-scope': fc.constantFrom('system', 'connection', 'both'),
      minLength: fc.constant(2),
      default: tree(fc.oneof(plainLeaf, referenceLeaf)),
      properties: fc
        .array(fc.tuple(name, tie('schema')), { maxLength: 3 })
        .map((entries) => Object.fromEntries(entries)),
      items: tie('schema'),
    },
    { requiredKeys: [] },
  ),
})).schema;

const layer = fc.option(
  fc
    .array(fc.tuple(name, tree(fc.oneof(plainLeaf, referenceLeaf))), { maxLength: 5 })
    .map((entries) => Object.fromEntries(entries)),
  { nil: undefined },
);

const anySchema = fc
  .record({
    properties: fc
      .array(fc.tuple(name, propertySchema), { maxLength: 5 })
      .map((entries) => Object.fromEntries(entries)),
    required: fc.uniqueArray(name),
    additionalProperties: fc.constantFrom(undefined, true, false),
  })
  .map(({ additionalProperties, ...schema }) => ({
    type: 'object',
    ...schema,
    ...(additionalProperties === undefined ? {} : { additionalProperties }),
  }));

/** Takes whatever a layer holds, so that much merges. */
const OPEN_SCHEMA = {
  type: 'object',
  properties: { a: { default: { a: 'd', b: { c: 'd' } } }, b: { 'x-secret': true, default: { c: { a: 1 } } } },
  additionalProperties: true,
};

/** Compiling a schema costs more than a thousand resolutions, so the runs share some, made anew each time from the seed. */
function requestsFrom(seed: number): fc.Arbitrary<RequestParts> {
  const schemas = [...fc.sample(anySchema, { seed, numRuns: 80 }), ...Array(20).fill(OPEN_SCHEMA)];
  return fc
    .record({
      schema: fc.constantFrom(...schemas),
      system: layer,
      connection: layer,
      allowed: fc.subarray(['SET', 'UNSET', 'JSON', 'NUMBER', 'CAPSTAN_X']),
    })
    .map(({ schema, system, connection, allowed }) => ({
      schema,
      ...(system === undefined ? {} : { system }),
      ...(connection === undefined ? {} : { connection }),
      allowed,
      variables: { SET: 'set', JSON: '{"a":1,"c":{"b":"x"}}', NUMBER: '42', CAPSTAN_X: 'host' },
      files: { '/run/secret': 'from file\n' },
    }));
}

test('values and trace never disagree', () => {
  const run = propertyRun('values and trace agree');
  const seen = { set: 0, unset: 0, invalid: 0, merged: 0 };
  fc.assert(
    fc.property(requestsFrom(run.seed), (parts) => {
      const { values, trace, missing, problems } = resolveConfig(requestOf(parts));
      expect(Object.keys(values)).toEqual(trace.filter(({ outcome }) => outcome === 'set').map(({ key }) => key));
      for (const key of trace) {
        seen[key.outcome] += 1;
        if (key.parts !== undefined) seen.merged += 1;
        if (key.outcome === 'set') expect(retold(key)).toEqual(masked(values[key.key]));
        if (key.outcome === 'set') expect(key.winner?.shown).toEqual(masked(values[key.key]));
        expect(key.winner === undefined).toBe(key.outcome === 'unset');
        const isProblem = problems.some((problem) => problem.key === key.key);
        expect(isProblem).toBe(key.outcome === 'invalid');
        expect(missing.some((entry) => entry.key === key.key)).toBe(key.outcome === 'unset' && key.required);
      }
    }),
    run,
  );
  for (const [what, times] of Object.entries(seen)) expect(times, `cases of ${what}`).toBeGreaterThan(20);
});

/** What the layers mean, said as simply as possible: from the lowest up, objects merge by key, anything else replaces. */
function folded(layersLowestFirst: readonly (JsonValue | undefined)[]): JsonValue | undefined {
  return layersLowestFirst
    .map((value) => withoutEmpty(value))
    .reduce((lower, higher) => (higher === undefined ? lower : merged(lower, higher)), undefined);
}

function withoutEmpty(value: JsonValue | undefined): JsonValue | undefined {
  if (value === '') return undefined;
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, withoutEmpty(member)] as const);
  const kept = entries.filter(([, member]) => member !== undefined);
  return entries.length > 0 && kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function merged(lower: JsonValue | undefined, higher: JsonValue): JsonValue {
  if (!isJsonObject(lower) || !isJsonObject(higher)) return higher;
  const keys = [...new Set([...Object.keys(higher), ...Object.keys(lower)])];
  return Object.fromEntries(
    keys.map((key) => {
      const [own, below] = [ownMember(higher, key), ownMember(lower, key)];
      return [key, own === undefined ? below : merged(below, own)];
    }),
  );
}

function ownMember(value: Readonly<Record<string, JsonValue | undefined>>, key: string): JsonValue | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

test('the merge is a fold of the layers, whatever they hold', () => {
  const value = fc.option(
    tree(plainLeaf.filter((leaf) => typeof leaf !== 'string' || !/\$\{|^env:|^file:/.test(leaf))),
    { nil: undefined },
  );
  fc.assert(
    fc.property(value, value, value, value, (system, connection, environment, fallback) => {
      const variables = isJsonObject(environment) ? { JSON: JSON.stringify(environment) } : {};
      const key = { ...(fallback === undefined ? {} : { default: fallback }), 'x-env': 'JSON', type: [...TYPES] };
      const { values } = resolveConfig(
        requestOf({ properties: { key }, system: { key: system }, connection: { key: connection }, variables }),
      );
      const fromEnvironment = isJsonObject(environment) ? environment : undefined;
      expect(values.key).toEqual(folded([fallback, fromEnvironment, connection, system]));
    }),
    propertyRun('merge is a fold'),
  );
});

const TYPES = ['object', 'array', 'string', 'number', 'boolean', 'null'] as const;
