// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in texts are the subject
import { isSecret, MASK, spendSecret } from '@capstan/schema';
import { expect, test } from 'vitest';
import { requestOf, traceOf } from './requests.test.support.ts';
import { resolveConfig } from './resolve-config.ts';

const token = { type: 'string', 'x-secret': true, 'x-env': 'A_TOKEN' };
const FINGERPRINT = /^●●●● \([0-9a-f]{4}\)$/;

function spent(value: unknown): string {
  if (!isSecret(value)) throw new Error('expected a secret');
  return spendSecret(value);
}

test('a secret is opaque in the values, and masked with a fingerprint in the trace', () => {
  const resolution = resolveConfig(requestOf({ properties: { token }, system: { token: 'geheim-1' } }));
  expect(spent(resolution.values.token)).toBe('geheim-1');
  expect(`${resolution.values.token}`).toBe(MASK);
  expect(traceOf(resolution, 'token').winner?.shown).toMatch(FINGERPRINT);
  expect(traceOf(resolution, 'token').secret).toBe(true);
});

test('equal secrets have equal fingerprints under one key, others under another', () => {
  const shown = (value: string, maskKey: Uint8Array) => {
    const request = requestOf({ properties: { token }, system: { token: value } });
    return traceOf(resolveConfig({ ...request, maskKey }), 'token').winner?.shown;
  };
  const [first, second] = [new Uint8Array(32), new Uint8Array(32).fill(7)];
  expect(shown('geheim-1', first)).toBe(shown('geheim-1', first));
  expect(shown('geheim-1', first)).not.toBe(shown('geheim-2', first));
  expect(shown('geheim-1', first)).not.toBe(shown('geheim-1', second));
});

test('without a key the mask stands alone', () => {
  const { maskKey: _, ...request } = requestOf({ properties: { token }, system: { token: 'geheim-1' } });
  expect(traceOf(resolveConfig(request), 'token').winner?.shown).toBe(MASK);
});

test('the reference of a secret is shown, the literal parts of it are not', () => {
  const parts = { properties: { token }, variables: { A_TOKEN: 'geheim-2', B: 'geheim-3' } };
  const resolution = resolveConfig(
    requestOf({ ...parts, system: { token: '${B:-geheim-4}' }, connection: { token: 'geheim-5' } }),
  );
  const { winner, overridden } = traceOf(resolution, 'token');
  expect(winner?.reference).toBe('${B:-…}');
  expect(overridden.map(({ shown }) => shown)).toEqual([
    expect.stringMatching(FINGERPRINT),
    expect.stringMatching(FINGERPRINT),
  ]);
  const losing = resolveConfig(
    requestOf({ ...parts, system: { token: 'x' }, connection: { token: 'pre${B:-geheim-4}' } }),
  );
  expect(traceOf(losing, 'token').overridden[0]).toMatchObject({ shown: '…${B:-…}', reference: '…${B:-…}' });
});

test('secrets inside objects and arrays are opaque where they stand', () => {
  const properties = {
    auth: {
      type: 'object',
      properties: { user: { type: 'string' }, pass: { type: 'string', format: 'password' } },
    },
    pins: { type: 'array', items: { type: 'integer', 'x-secret': true } },
    all: { type: 'object', 'x-secret': true },
  };
  const system = {
    auth: { user: 'u', pass: 'geheim-1' },
    pins: [12345678],
    all: { any: { deep: 'geheim-2' }, none: null },
  };
  const resolution = resolveConfig(requestOf({ properties, system, connection: { auth: { pass: 'geheim-3' } } }));
  expect(JSON.parse(JSON.stringify(resolution.values))).toEqual({
    auth: { user: 'u', pass: MASK },
    pins: [MASK],
    all: { any: { deep: MASK }, none: null },
  });
  const [pin] = Array.isArray(resolution.values.pins) ? resolution.values.pins : [];
  expect(spent(pin)).toBe('12345678');
  expect(resolution.trace.map(({ secret }) => secret)).toEqual([true, true, true]);
});

test('an undeclared property beside secret ones counts as secret: it may be one, misspelt', () => {
  const auth = { type: 'object', properties: { pass: { type: 'string', 'x-secret': true } } };
  const resolution = resolveConfig(requestOf({ properties: { auth }, system: { auth: { pas: 'geheim-1' } } }));
  expect(JSON.stringify(resolution)).not.toContain('geheim-1');
  const misplaced = resolveConfig(
    requestOf({ properties: { auth }, system: { auth: ['geheim-1', { x: 'geheim-1' }] } }),
  );
  expect(JSON.stringify(misplaced)).not.toContain('geheim-1');
});

test('a text where an object with secrets belongs is secret as a whole', () => {
  const auth = { type: 'object', 'x-env': 'AUTH', properties: { pass: { type: 'string', 'x-secret': true } } };
  const text = '{"pass":"geheim-1"}';
  const literal = resolveConfig(requestOf({ properties: { auth }, system: { auth: text } }));
  expect(literal.problems).toHaveLength(1);
  expect(JSON.stringify(literal)).not.toContain('geheim');
  const broken = resolveConfig(requestOf({ properties: { auth }, variables: { AUTH: `${text},` } }));
  expect(broken.problems).toHaveLength(1);
  expect(JSON.stringify(broken)).not.toContain('geheim');
  const losing = resolveConfig(requestOf({ properties: { auth }, system: { auth: [] }, variables: { AUTH: text } }));
  expect(JSON.stringify(losing)).not.toContain('geheim');
  expect(traceOf(losing, 'auth').overridden[0]?.shown).toEqual({ pass: expect.stringMatching(FINGERPRINT) });
});

test('a misspelt secret key is named in the warning, its value is not', () => {
  const resolution = resolveConfig(requestOf({ properties: { token }, system: { tokn: 'geheim-1' } }));
  expect(resolution.warnings[0]?.hint).toBe('Did you mean "token"?');
  expect(JSON.stringify(resolution)).not.toContain('geheim-1');
});
