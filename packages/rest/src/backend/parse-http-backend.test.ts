import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HttpBackend } from './http-backend.ts';
import { parseHttpBackend } from './parse-http-backend.ts';

function parsed(spec: object): HttpBackend {
  const reading = parseHttpBackend(spec);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return reading.backend;
}

function problemsOf(spec: unknown, surroundings = {}): readonly string[] {
  const reading = parseHttpBackend(spec, surroundings);
  return reading.ok ? [] : reading.problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('the shortest backend is a URL: a GET whose other arguments go into the query', () => {
  const backend = parsed({ url: 'https://api.example.com/things/{id}' });
  expect(backend).toMatchObject({
    method: 'GET',
    otherArguments: 'query',
    auth: [{ kind: 'connection' }],
    authDeclared: false,
    host: 'api.example.com',
    configKeys: [],
  });
  expect([...backend.placed]).toEqual(['id']);
});

test.each([
  ['POST', undefined, 'body'],
  ['DELETE', undefined, 'query'],
  ['PUT', { json: { a: '{a}' } }, 'body'],
  ['PATCH', { json: '{payload}' }, 'ignore'],
  ['POST', { raw: '{text}' }, 'ignore'],
  ['POST', { form: {} }, 'body'],
])('%s with the body %j sends other arguments to: %s', (method, body, place) => {
  expect(parsed({ method, url: '/x', ...(body ? { body } : {}) }).otherArguments).toBe(place);
});

test('every setting and every argument that a backend speaks of is known without running it', () => {
  const backend = parsed({
    method: 'POST',
    url: '${config.base_url}/{a}/{b}?fixed=1&q={c}',
    path: { b: '{renamed}' },
    headers: { 'X-Trace': 'v-{d}' },
    body: { json: { list: ['{e}', { deep: '${config.region.name}' }] } },
    auth: { type: 'api_key', name: 'X-Key', value: '${config.key}' },
  });
  expect([...backend.placed].sort()).toEqual(['a', 'c', 'd', 'e', 'renamed']);
  expect(backend.configKeys).toEqual(['base_url', 'region.name', 'key']);
  expect(backend.host).toBeUndefined();
});

test.each([
  [{}, ": the value lacks the property 'url'"],
  [{ url: '/x', methd: 'GET' }, ": the value has a property that is not known: 'methd'"],
  [{ url: '/x', query: { a: { vlue: 1 } } }, "query.a: 'query.a' lacks the property 'value'"],
  [{ url: 'ftp://x/y' }, 'url: "ftp://x/y" is neither a URL nor a path'],
  [{ url: 'https://{host}/x' }, 'url: an argument may not choose the host'],
  [{ url: 'https://u:p@example.com/x' }, 'url: the URL has a user name or password in it'],
  [{ url: '/a/%2e%2E/b' }, 'url: the path has a "." or ".." in it'],
  [{ url: '/a#b' }, 'url: a URL of a request has no fragment'],
  [{ url: '/x/${TOKEN}' }, 'url: ${TOKEN} means nothing in an http backend'],
  [{ url: '/x', path: { id: '{a}' } }, 'path.id: the URL has no slot {id}'],
  [{ url: '/x', headers: { Host: 'x' } }, 'headers.Host: the header "Host" is written by the host'],
  [
    { url: '/x', headers: { Authorization: 'x' } },
    'headers.Authorization: the header "Authorization" may not be written here',
  ],
  [{ url: '/x', body: { json: 1, raw: 'x' } }, 'body: the body is of several kinds: json, raw'],
  [{ url: '/x', body: { optional: true } }, 'body: the body is of no kind'],
  [{ url: '/x', auth: { type: 'bearer', token: 'abc' } }, 'auth.token: a credential is one setting and nothing else'],
  [{ url: '/x', auth: { type: 'bearer', token: '{t}' } }, 'auth.token: a credential may not come from an argument'],
  [{ url: '/x', auth: { type: 'bearer', name: 'x' } }, 'auth.name: "name" does not belong to bearer'],
  [{ url: '/x', auth: { type: 'api_key' } }, 'auth: a key in the header needs its name'],
  [{ url: '/x', auth: 'sometimes' }, 'auth: \'auth\' is none of "connection", "none"'],
  [{ url: '/x', response: { pick: 'body.' } }, 'response.pick: not an expression: Expected IDENTIFIER, got EOF'],
  [{ url: '/x', pagination: { type: 'cursor' } }, 'pagination: pagination by cursor needs "argument"'],
  [{ url: '/x', errors: [{ status: '6xx' }] }, "errors.0.status: 'errors.0.status' must match pattern"],
])('%j is refused: %s', (spec, problem) => {
  expect(problemsOf(spec)).toEqual(expect.arrayContaining([expect.stringContaining(problem)]));
});

test('slots are compared with the input schema and the config of the pack', () => {
  const spec = { url: '${config.bse_url}/{ownr}', other_arguments: 'ignore' };
  const reading = parseHttpBackend(spec, { parameters: ['owner', 'extra'], configKeys: ['base_url'] });
  expect(reading.ok ? [] : reading.problems).toEqual([
    { path: [], message: '{ownr} is no property of input_schema', hint: 'did you mean "owner"?' },
    { path: [], message: "${config.bse_url} is no key of the pack's config", hint: 'did you mean "base_url"?' },
    { path: [], message: 'the argument "owner" goes nowhere', hint: 'Place it, or remove it.' },
    { path: [], message: 'the argument "extra" goes nowhere', hint: 'Place it, or remove it.' },
  ]);
});

test('all problems come at once', () => {
  const spec = { url: 'x', headers: { Host: '{a}' }, auth: { type: 'api_key' }, response: { pick: '1 +' } };
  expect(problemsOf(spec).map((line) => line.split(':')[0])).toEqual(['url', 'headers.Host', 'auth', 'response.pick']);
});

test('whatever it is given, it reads or refuses, and never throws', () => {
  const key = fc.constantFrom('url', 'method', 'path', 'query', 'headers', 'body', 'auth', 'errors', '__proto__', 'x');
  const anything = fc.anything({ key, maxDepth: 4 });
  const text = fc.oneof(fc.string(), fc.constantFrom('/{a}', '${config.x}/y', '{{', '${', 'https://x/{a}?b={c}'));
  fc.assert(
    fc.property(fc.oneof(anything, fc.dictionary(key, fc.oneof(text, anything))), (spec) => {
      const reading = parseHttpBackend(spec);
      expect(reading.ok || reading.problems.length > 0).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
