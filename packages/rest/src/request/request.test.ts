import type { JsonObject, ToolConnection } from '@capstan/sdk';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HttpBackendSpec } from '../backend/http-backend-spec.ts';
import { loopbackService, type ReceivedRequest } from '../loopback-service.test.support.ts';
import { callBackend, connectionTo, errorOf, testServices } from '../test-call.test.support.ts';

/** What the service receives. */
async function sent(
  spec: HttpBackendSpec,
  input: JsonObject,
  connection: Partial<ToolConnection> = {},
): Promise<ReceivedRequest> {
  const service = await loopbackService(() => ({ body: {} }));
  await callBackend(spec, input, { connection: connectionTo(service.url, connection) });
  return service.last();
}

test('path slots are encoded, other arguments become the query', async () => {
  const request = await sent(
    { url: '/repos/{owner}/{repo}.json' },
    { owner: 'a b', repo: 'c/d', page: 2, tags: ['x', 'y'] },
  );
  expect(request.method).toBe('GET');
  expect(request.target).toBe('/repos/a%20b/c%2Fd.json?page=2&tags=x&tags=y');
});

test('a base path and a trailing slash of the base URL stay in order', async () => {
  const service = await loopbackService(() => ({ body: {} }));
  await callBackend({ url: '/x' }, {}, { connection: connectionTo(`${service.url}/api/v3/`) });
  expect(service.last().target).toBe('/api/v3/x');
  await callBackend(
    { url: `\${config.base_url}?a=1` },
    {},
    { connection: connectionTo(undefined, { config: { base_url: service.url } }) },
  );
  expect(service.last().target).toBe('/?a=1');
});

test('pairs of the URL itself stay as they are; one whose argument is missing is left out', async () => {
  const spec: HttpBackendSpec = { url: '/drug?select=name,id&name=eq.{name}&limit={limit}' };
  expect((await sent(spec, { name: 'a&b=c' })).target).toBe('/drug?select=name,id&name=eq.a%26b%3Dc');
});

test.each<[HttpBackendSpec['query'], string]>([
  [{ a: '{list}' }, 'a=1&a=2'],
  [{ a: { value: '{list}', style: 'form', explode: false } }, 'a=1,2'],
  [{ a: { value: '{list}', style: 'spaceDelimited', explode: false } }, 'a=1%202'],
  [{ a: { value: ['{text}', '{absent}', 'x,y'], explode: false } }, 'a=x%2Fy%3Az%26%3D%23,x%2Cy'],
  [
    { a: { value: 'kelvin', map: { kelvin: 'standard' } }, b: { value: 'metric', map: { kelvin: 'standard' } } },
    'a=standard&b=metric',
  ],
  [{ a: { value: '{absent}', default: 'kelvin', map: { kelvin: 'standard' } } }, 'a=standard'],
  [{ a: { value: '{list}', style: 'pipeDelimited', explode: false } }, 'a=1%7C2'],
  [{ a: { value: '{list}', style: 'json' } }, 'a=%5B1%2C2%5D'],
  [{ a: '{record}' }, 'a=%7B%22k%22%3A%22v%22%2C%22n%22%3A%7B%22m%22%3A1%7D%7D'],
  [{ a: { value: '{record}', style: 'deepObject' } }, 'a%5Bk%5D=v&a%5Bn%5D%5Bm%5D=1'],
  [{ a: { value: '{flat}', style: 'form' } }, 'k=v&l=w'],
  [{ a: { value: '{flat}', style: 'form', explode: false } }, 'a=k,v,l,w'],
  [{ a: { value: '{text}', allow_reserved: true } }, 'a=x/y:z%26%3D%23'],
  [{ a: { value: '{none}', default: 5 } }, 'a=5'],
  [{ a: '{none}', b: 'fixed', c: null, d: 'p-{none}' }, 'b=fixed'],
])('the query %j is written as %s', async (query, expected) => {
  const input = { list: [1, 2], record: { k: 'v', n: { m: 1 } }, flat: { k: 'v', l: 'w' }, text: 'x/y:z&=#' };
  const { target } = await sent({ url: '/x', query: query ?? {}, other_arguments: 'ignore' }, input);
  expect(target).toBe(`/x?${expected}`);
});

test.each<[NonNullable<HttpBackendSpec['path']>[string], string]>([
  ['{list}', '/x/a,b'],
  [{ value: '{list}', style: 'label' }, '/x/.a,b'],
  [{ value: '{list}', style: 'label', explode: true }, '/x/.a.b'],
  [{ value: '{list}', style: 'matrix' }, '/x/;p=a,b'],
  [{ value: '{list}', style: 'matrix', explode: true }, '/x/;p=a;p=b'],
  [{ value: '{record}', explode: true }, '/x/k=v,l=w'],
  [{ value: '{file}', segments: true }, '/x/docs/read%20me.md'],
  ['v-{file}', '/x/v-docs%2Fread%20me.md'],
  [{ value: '{none}', default: 'main' }, '/x/main'],
])('the path parameter %j is written as %s', async (parameter, expected) => {
  const input = { list: ['a', 'b'], record: { k: 'v', l: 'w' }, file: 'docs/read me.md' };
  expect((await sent({ url: '/x/{p}', path: { p: parameter }, other_arguments: 'ignore' }, input)).target).toBe(
    expected,
  );
});

test.each(['', '.', '..', '../x', 'a/../b', '..\\x', '%2e%2E', null, [], 'half \ud800'])(
  'a path argument that may lead elsewhere is refused: %j',
  async (id) => {
    const error = await errorOf(callBackend({ url: 'http://127.0.0.1:1/a/{id}/b' }, { id }));
    expect(error).toMatchObject({ code: 'CAPSTAN_INVALID_ARGUMENTS', details: { problems: [{ pointer: '/id' }] } });
  },
);

test('an argument cannot complete what stands beside it to a step up', async () => {
  const error = await errorOf(callBackend({ url: 'http://127.0.0.1:1/x/%2{a}/y' }, { a: 'e' }));
  expect(error).toMatchObject({ code: 'CAPSTAN_INVALID_ARGUMENTS', details: { problems: [{ pointer: '/a' }] } });
});

test('whatever an argument holds, the request keeps its path, its query keys and its host', async () => {
  const service = await loopbackService(() => ({ body: {} }));
  const connection = connectionTo(service.url);
  const services = testServices();
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'a\r\nX-Evil: 1',
      '/../..',
      '?x=1',
      '#',
      '//evil.example',
      '@evil',
      '%2e%2e/',
      '\u2028',
      'http://x',
    ),
  );
  await fc.assert(
    fc.asyncProperty(hostile, hostile, async (id, q) => {
      const before = service.received.length;
      await callBackend({ url: '/a/{id}/b', query: { q: '{q}' } }, { id, q }, { connection, services }).then(
        () => {
          const url = new URL(service.last().target, service.url);
          const [, a, piece = '', b, ...more] = url.pathname.split('/');
          expect([a, b, more, decodeURIComponent(piece)]).toEqual(['a', 'b', [], id]);
          expect([...url.searchParams]).toEqual([['q', q]]);
          expect(service.last().headers['x-evil']).toBeUndefined();
        },
        (error) => {
          expect(error).toMatchObject({ code: 'CAPSTAN_INVALID_ARGUMENTS' });
          expect(service.received.length).toBe(before);
        },
      );
    }),
    { numRuns: 300 },
  );
});

test('headers: defaults, arguments, lists; a line break never gets in', async () => {
  const spec: HttpBackendSpec = {
    url: '/x',
    headers: { 'X-A': '{a}', 'X-B': 'b', accept: 'text/csv', 'X-None': '{none}' },
  };
  const { headers } = await sent(spec, { a: ['1', '2'] });
  expect(headers).toMatchObject({ 'x-a': '1,2', 'x-b': 'b', accept: 'text/csv', 'user-agent': 'capstan' });
  expect(headers['x-none']).toBeUndefined();
  const error = await errorOf(callBackend({ ...spec, url: 'http://127.0.0.1:1/x' }, { a: 'x\r\nX-Evil: 1' }));
  expect(error.code).toBe('CAPSTAN_INVALID_ARGUMENTS');
});

test('cookies are encoded', async () => {
  const { headers } = await sent({ url: '/x', cookies: { session: '{s}', fixed: 1 } }, { s: 'a; b=c' });
  expect(headers.cookie).toBe('session=a%3B%20b%3Dc; fixed=1');
});

test('a JSON body: slots keep their types, what is not given is left out, the rest is added', async () => {
  const { body, headers } = await sent(
    {
      method: 'POST',
      url: '/x',
      body: {
        json: {
          title: '{title}',
          text: 'Hi {name}, {{braces}',
          labels: '{labels}',
          deep: { n: '{n}', absent: '{absent}' },
        },
      },
    },
    { title: 'T', name: 'N', labels: ['a'], n: 0, extra: { k: true }, __proto__: 1 },
  );
  expect(headers['content-type']).toBe('application/json');
  expect(JSON.parse(body.toString())).toEqual({
    title: 'T',
    text: 'Hi N, {braces}',
    labels: ['a'],
    deep: { n: 0 },
    extra: { k: true },
  });
});

test('one argument may be the whole body; without a body the arguments are it', async () => {
  const whole = await sent(
    { method: 'PUT', url: '/x', body: { json: '{payload}', content_type: 'application/merge-patch+json' } },
    { payload: [1] },
  );
  expect([whole.body.toString(), whole.headers['content-type']]).toEqual(['[1]', 'application/merge-patch+json']);
  expect((await sent({ method: 'POST', url: '/x/{id}' }, { id: 1, a: 2 })).body.toString()).toBe('{"a":2}');
  expect((await sent({ method: 'POST', url: '/x' }, {})).body.length).toBe(0);
  const optional: HttpBackendSpec = {
    method: 'POST',
    url: '/x',
    body: { json: { a: '{a}', kind: 'k' }, optional: true },
  };
  expect((await sent(optional, {})).body.length).toBe(0);
  expect((await sent(optional, { a: 1 })).body.toString()).toBe('{"a":1,"kind":"k"}');
});

test('a form body', async () => {
  const { body, headers } = await sent(
    { method: 'POST', url: '/x', body: { form: { a: '{a}', meta: { value: '{meta}', style: 'deepObject' } } } },
    { a: 'x y&z', meta: { k: ['v'] }, other: 1 },
  );
  expect(headers['content-type']).toBe('application/x-www-form-urlencoded');
  expect(body.toString()).toBe('a=x%20y%26z&meta%5Bk%5D%5B0%5D=v&other=1');
});

test('a multipart body: fields, files, JSON parts, and names that cannot break out', async () => {
  const { body, headers } = await sent(
    {
      method: 'POST',
      url: '/x',
      body: {
        multipart: {
          note: '{note}',
          file: { value: '{file}', encoding: 'base64', filename: '{filename}', content_type: 'image/png' },
          meta: '{meta}',
          tags: '{tags}',
        },
      },
    },
    {
      note: 'hi\r\n--x',
      file: Buffer.from([0, 255, 10]).toString('base64'),
      filename: 'a"\r\nb.png',
      meta: { k: 1 },
      tags: ['p', 'q'],
    },
  );
  const form = await new Response(new Uint8Array(body), {
    headers: { 'content-type': headers['content-type'] ?? '' },
  }).formData();
  expect(form.get('note')).toBe('hi\r\n--x');
  expect(form.getAll('tags')).toEqual(['p', 'q']);
  expect(body.toString('latin1')).toContain('filename="a%22%0D%0Ab.png"');
  expect(body.toString('latin1')).toContain('name="meta"\r\nContent-Type: application/json\r\n\r\n{"k":1}');
  const file = form.get('file');
  expect(file instanceof Blob && [...new Uint8Array(await file.arrayBuffer())]).toEqual([0, 255, 10]);
});

test('a raw body: text, or bytes in base64', async () => {
  const text = await sent(
    { method: 'POST', url: '/x', body: { raw: '{xml}', content_type: 'application/xml' } },
    { xml: '<a/>' },
  );
  expect([text.body.toString(), text.headers['content-type']]).toEqual(['<a/>', 'application/xml']);
  const bytes = await sent(
    { method: 'POST', url: '/x', body: { raw: '{data}', encoding: 'base64' } },
    { data: '/w==' },
  );
  expect([...bytes.body]).toEqual([255]);
  const wrong = callBackend(
    { method: 'POST', url: 'http://127.0.0.1:1/', body: { raw: '{data}', encoding: 'base64' } },
    { data: 'ä' },
  );
  expect(await errorOf(wrong)).toMatchObject({
    code: 'CAPSTAN_INVALID_ARGUMENTS',
    details: { problems: [{ pointer: '/data' }] },
  });
});

test('settings fill hosts, paths and values; unset and secret ones are refused', async () => {
  const { target } = await sent(
    { url: '/{a}', query: { region: `\${config.region.name}` } },
    { a: 1 },
    { config: { region: { name: 'eu' } } },
  );
  expect(target).toBe('/1?region=eu');
  const missing = callBackend({ url: `\${config.base_url}/x` }, {});
  expect(await errorOf(missing)).toMatchObject({
    code: 'CAPSTAN_NEEDS_CONFIG',
    details: { missing: [{ key: 'base_url' }] },
  });
  const host = callBackend(
    { url: `https://\${config.region}.example.com/x` },
    {},
    { connection: connectionTo(undefined, { config: { region: 'evil.example/' } }) },
  );
  expect((await errorOf(host)).code).toBe('CAPSTAN_CONFIG_INVALID');
});

test('arguments that cannot be written as JSON are refused', async () => {
  const round: JsonObject = {};
  Object.assign(round, { round });
  const error = await errorOf(callBackend({ method: 'POST', url: 'http://127.0.0.1:1/' }, { round }));
  expect(error.code).toBe('CAPSTAN_INVALID_ARGUMENTS');
});
