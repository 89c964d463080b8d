// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in texts are the subject
import { inspect } from 'node:util';
import type { JsonValue } from '@capstan/sdk';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toExplainJson } from './explain-json.ts';
import { explainText } from './explain-text.ts';
import { propertyRun } from './property-run.test.support.ts';
import { type RequestParts, requestOf } from './requests.test.support.ts';
import { resolveConfig } from './resolve-config.ts';

/** Every form in which a secret may leak: plain, JSON-escaped, URL-encoded, and base64 at each alignment. */
function formsOf(canary: string): readonly string[] {
  const bytes = Buffer.from(canary);
  const base64 = [0, 1, 2].flatMap((lead) => {
    const padded = Buffer.concat([Buffer.alloc(lead), bytes]);
    const [from, to] = [lead === 0 ? 0 : lead + 1, Math.floor((padded.length * 8) / 6)];
    return [padded.toString('base64').slice(from, to), padded.toString('base64url').slice(from, to)];
  });
  return [canary, JSON.stringify(canary).slice(1, -1), encodeURIComponent(canary), ...base64];
}

const SECRET_STRING = { type: 'string', 'x-secret': true, 'x-env': 'OWN', minLength: 3 };
const PROPERTIES = {
  token: SECRET_STRING,
  password: { type: 'string', format: 'password', 'x-scope': 'system', pattern: '^[a-z]+$' },
  pin: { type: 'integer', 'x-secret': true, 'x-env': 'OWN', enum: [1, 2] },
  bag: { type: 'object', 'x-secret': true, 'x-env': 'OWN_JSON', maxProperties: 1 },
  auth: {
    type: 'object',
    'x-env': 'OWN_JSON',
    'x-scope': 'connection',
    additionalProperties: false,
    required: ['user'],
    properties: {
      user: { type: 'string', maxLength: 1 },
      token: SECRET_STRING,
      list: { type: 'array', items: SECRET_STRING },
    },
  },
  tokens: { type: 'array', items: SECRET_STRING, 'x-env': 'OWN', uniqueItems: true, maxItems: 2 },
};
const KEYS = [...Object.keys(PROPERTIES), 'tokn', '__proto__', ''];

/** A value with the canary in it, in one of the ways in which people write secrets. */
function hidden(canary: string): fc.Arbitrary<JsonValue> {
  const text = fc.constantFrom(
    ...[
      canary,
      `Bearer ${canary}`,
      `${canary} \${OTHER:-${canary}}`,
      `\${OTHER:${canary}}`,
      `\${OTHER:-\${MORE:-${canary}}}`,
    ],
    ...[
      `\${OTHER:-${canary}`,
      `env:${canary}`,
      `file:${canary}`,
      'env:OWN',
      'x${OWN}',
      'env:OWN_JSON',
      'env:FORBIDDEN',
    ],
    ...[
      'file:/run/secret',
      'file:/run/forbidden',
      'env:CAPSTAN_KEY',
      '${OTHER:-${CAPSTAN_KEY}}',
      `[${canary}`,
      `{"token":"${canary}`,
    ],
    ...[JSON.stringify({ token: canary }), JSON.stringify([canary])],
  );
  return fc.oneof(
    text,
    fc.array(text, { maxLength: 3 }),
    fc.record({ token: text, tokn: text, list: fc.array(text, { maxLength: 2 }) }, { requiredKeys: [] }),
    fc.record({ auth: fc.record({ token: text }), user: fc.constant('user') }, { requiredKeys: [] }),
  );
}

function layerOf(canary: string): fc.Arbitrary<Record<string, JsonValue>> {
  return fc
    .array(fc.tuple(fc.constantFrom(...KEYS), hidden(canary)), { maxLength: 6 })
    .map((entries) => Object.fromEntries(entries));
}

const canaryText = fc
  .tuple(fc.string({ minLength: 4, maxLength: 12 }), fc.constantFrom('"', '/', '%', 'ä', ' ', '+', '}', '$'))
  .map(([noise, special]) => `CANARY${special}${noise.replaceAll('\0', '')}YRANAC`);

const request = canaryText.chain((canary) =>
  fc
    .record({
      canary: fc.constant(canary),
      system: layerOf(canary),
      connection: layerOf(canary),
      defaults: layerOf(canary),
      allowed: fc.subarray(['OWN', 'OWN_JSON', 'OTHER']),
      ownJson: fc.constantFrom(JSON.stringify({ token: canary, list: [canary] }), `{"token":"${canary}"`, canary),
      isListed: fc.boolean(),
    })
    .map(({ system, connection, defaults, allowed, ownJson, isListed }) => {
      const properties = Object.entries(PROPERTIES).map(([key, schema]) => [
        key,
        Object.hasOwn(defaults, key) ? { ...schema, default: defaults[key] } : schema,
      ]);
      const parts: RequestParts = {
        schema: {
          type: 'object',
          properties: Object.fromEntries(properties),
          required: Object.keys(PROPERTIES),
          minProperties: 9,
        },
        system,
        connection,
        connectionReferences: isListed ? { variables: ['OWN'], files: ['/run/secret'] } : 'operator',
        variables: { OWN: canary, OWN_JSON: ownJson, FORBIDDEN: canary, CAPSTAN_KEY: canary },
        allowed,
        files: { '/run/secret': canary, '/run/forbidden': canary },
      };
      return { canary, parts };
    }),
);

test('a secret in any layer or behind any reference shows in nothing that is told of the config', () => {
  const seen = { winners: 0, losers: 0, problems: 0, warnings: 0 };
  fc.assert(
    fc.property(request, ({ canary, parts }) => {
      const resolution = resolveConfig(requestOf(parts));
      const { trace, missing, problems, warnings, values } = resolution;
      const told = [
        JSON.stringify({ trace, missing, problems, warnings }),
        JSON.stringify(toExplainJson(resolution)),
        explainText(resolution, { pack: 'demo', workspace: 'default', connection: 'c1' }),
        JSON.stringify(values),
        inspect(values, { depth: 10, showHidden: true }),
      ].join('\n');
      for (const form of formsOf(canary)) expect(told.includes(form), `leaks as ${form}`).toBe(false);
      seen.winners += Object.keys(values).length;
      seen.losers += trace.filter(({ overridden }) => overridden.length > 0).length;
      seen.problems += problems.length;
      seen.warnings += warnings.length;
    }),
    propertyRun('canary'),
  );
  for (const [what, times] of Object.entries(seen)) expect(times, `cases of ${what}`).toBeGreaterThan(100);
});
