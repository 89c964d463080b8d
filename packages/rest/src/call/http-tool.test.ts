import { gzipSync } from 'node:zlib';
import { type HttpExchange, RetryBudget } from '@capstan/http';
import { createSecret } from '@capstan/schema';
import type { ToolConnection } from '@capstan/sdk';
import { expect, test } from 'vitest';
import type { HttpBackendSpec } from '../backend/http-backend-spec.ts';
import { loopbackService, type Reply } from '../loopback-service.test.support.ts';
import {
  callBackend,
  connectionTo,
  contextOf,
  errorOf,
  everythingIn,
  START_MS,
  testServices,
} from '../test-call.test.support.ts';

/** What a call gives when the service answers this. */
async function answered(reply: Reply, spec: Partial<HttpBackendSpec> = {}): Promise<unknown> {
  const service = await loopbackService(() => reply);
  return callBackend({ url: `${service.url}/x`, ...spec }, { q: 'z' });
}

test.each<[string, Reply, unknown]>([
  ['JSON', { body: { a: [1] } }, { a: [1] }],
  [
    'JSON of a vendor',
    { headers: { 'content-type': 'application/vnd.api+json; charset=utf-8' }, body: '{"a":1}' },
    { a: 1 },
  ],
  ['text', { headers: { 'content-type': 'text/csv' }, body: 'a,b' }, 'a,b'],
  [
    'text in another charset',
    { headers: { 'content-type': 'text/plain; charset=iso-8859-1' }, body: Buffer.from([0xe4]) },
    'ä',
  ],
  ['nothing', { status: 204 }, null],
  ['JSON without a type', { headers: { 'content-type': '' }, body: '[1]' }, [1]],
  [
    'JSON behind a byte order mark',
    { headers: { 'content-type': 'application/json' }, body: '\ufeff{"a":1}' },
    { a: 1 },
  ],
  [
    'JSON that nobody asked to compress',
    { headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' }, body: gzipSync('{"a":1}') },
    { a: 1 },
  ],
])('an answer is read by its content type: %s', async (_name, reply, expected) => {
  expect(await answered(reply)).toEqual(expected);
});

test('HEAD gives status and headers', async () => {
  const result = await answered({ headers: { etag: '"1"', 'set-cookie': 's=1' } }, { method: 'HEAD' });
  expect(result).toMatchObject({ status: 200, headers: { etag: '"1"' } });
  expect(JSON.stringify(result)).not.toContain('set-cookie');
});

test('bytes become content: an image, audio, or a resource that names no query', async () => {
  const bytes = Buffer.from([137, 80]);
  const image = await answered({ headers: { 'content-type': 'image/png' }, body: bytes });
  expect(image).toMatchObject({
    content: [{ type: 'image', data: 'iVA=', mimeType: 'image/png' }],
    structured: { mime_type: 'image/png', bytes: 2 },
  });
  expect(await answered({ headers: { 'content-type': 'audio/ogg' }, body: bytes })).toMatchObject({
    content: [{ type: 'audio' }],
  });
  const other = await answered({ headers: { 'content-type': 'application/pdf' }, body: bytes });
  expect(other).toMatchObject({
    content: [{ type: 'resource', resource: { mimeType: 'application/pdf', blob: 'iVA=' } }],
  });
  expect(JSON.stringify(other)).toMatch(/"uri":"http:\/\/127\.0\.0\.1:\d+\/x"/);
  expect(await answered({ body: '{}' }, { response: { as: 'binary' } })).toMatchObject({
    content: [{ type: 'resource' }],
  });
});

test('too much is refused: bytes over 5 MiB, and whatever is over the limit of the tool, packed or not', async () => {
  const large = Buffer.alloc(5 * 1024 * 1024 + 1);
  const type = { 'content-type': 'image/png' };
  expect(await errorOf(answered({ headers: type, body: large }))).toMatchObject({ code: 'CAPSTAN_REMOTE_TOO_LARGE' });
  const limited: Partial<HttpBackendSpec> = { response: { max_bytes: 100 } };
  expect(await errorOf(answered({ body: 'x'.repeat(101) }, limited))).toMatchObject({
    code: 'CAPSTAN_REMOTE_TOO_LARGE',
  });
  const bomb = { headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(100_000)) };
  expect(await errorOf(answered(bomb, { response: { max_bytes: 1_000 } }))).toMatchObject({
    code: 'CAPSTAN_REMOTE_TOO_LARGE',
  });
});

test('an answer that is not what it says is an error, not a result', async () => {
  const broken = { headers: { 'content-type': 'application/json' }, body: '{"a":' };
  expect(await errorOf(answered(broken))).toMatchObject({
    code: 'CAPSTAN_REMOTE_INVALID_RESPONSE',
    details: { remote_status: 200 },
  });
  const packed = { headers: { 'content-encoding': 'gzip' }, body: 'plain' };
  expect(await errorOf(answered(packed, { method: 'POST' }))).toMatchObject({
    code: 'CAPSTAN_REMOTE_INVALID_RESPONSE',
  });
});

test('response.pick shapes the answer; what it misses is an error that names it', async () => {
  const body = { items: [{ id: 1, junk: 'x' }], total: 1 };
  const pick = '{"ids": body.items.map(i, i.id), "asked": input.q, "status": status}';
  expect(await answered({ body }, { response: { pick } })).toEqual({ ids: [1], asked: 'z', status: 200 });
  const error = await errorOf(answered({ body: {} }, { response: { pick: 'body.items' } }));
  expect(error).toMatchObject({
    code: 'CAPSTAN_REMOTE_INVALID_RESPONSE',
    message: expect.stringContaining('No such key: items'),
  });
});

test.each<[number, string, boolean]>([
  [400, 'CAPSTAN_REMOTE_REFUSED', false],
  [401, 'CAPSTAN_REMOTE_AUTH', false],
  [403, 'CAPSTAN_REMOTE_AUTH', false],
  [404, 'CAPSTAN_REMOTE_NOT_FOUND', false],
  [413, 'CAPSTAN_PAYLOAD_TOO_LARGE', false],
  [422, 'CAPSTAN_REMOTE_REFUSED', false],
  [429, 'CAPSTAN_REMOTE_RATE_LIMITED', true],
  [500, 'CAPSTAN_REMOTE_UNAVAILABLE', true],
  [504, 'CAPSTAN_REMOTE_TIMEOUT', true],
])('the status %i is the error %s', async (status, code, retriable) => {
  const reply = { status, body: { error: { message: 'because', code: 'E1' } } };
  expect(await errorOf(answered(reply, { method: 'POST' }))).toMatchObject({
    code,
    retriable,
    message: `The service answered ${status}: because`,
    details: { remote_status: status, remote_code: 'E1' },
  });
});

test.each<[unknown, string]>([
  [{ message: 'm' }, ': m'],
  [{ type: 'about:blank', title: 'Title', detail: 'Detail' }, ': Detail'],
  [{ error: 'invalid_grant', error_description: 'expired' }, ': expired'],
  [{ errors: [{ message: 'first' }] }, ': first'],
  ['plain words', ': plain words'],
  ['<html>…</html>', '.'],
  [{ a: 1 }, '.'],
])('the message of the error body %j is found', async (body, expected) => {
  expect((await errorOf(answered({ status: 400, body }))).message).toBe(`The service answered 400${expected}`);
});

test('error rules: the first that fits gives the code, the text, the hint, or a result', async () => {
  const errors: HttpBackendSpec['errors'] = [
    { status: 404, result: '{"found": false}' },
    { status: ['409', '4xx'], code: 'rate_limited', message: 'body.why + "!"', hint: 'wait', retriable: true },
    { when: 'has(body.ok) && !body.ok', code: 'refused', message: 'body.error' },
  ];
  expect(await answered({ status: 404, body: 'gone' }, { errors })).toEqual({ found: false });
  expect(await errorOf(answered({ status: 418, body: { why: 'tea' } }, { errors }))).toMatchObject({
    code: 'CAPSTAN_REMOTE_RATE_LIMITED',
    message: 'The service answered 418: tea!',
    hint: 'wait',
    retriable: true,
  });
  expect(await errorOf(answered({ body: { ok: false, error: 'no' } }, { errors }))).toMatchObject({
    code: 'CAPSTAN_REMOTE_REFUSED',
    message: 'The service answered 200: no',
  });
  expect(await answered({ body: { ok: true } }, { errors })).toEqual({ ok: true });
});

test('a condition that cannot be decided is an error and not a success', async () => {
  const errors: HttpBackendSpec['errors'] = [{ when: 'body.failed' }];
  expect(await errorOf(answered({ body: { other: 1 } }, { errors }))).toMatchObject({
    code: 'CAPSTAN_REMOTE_INVALID_RESPONSE',
  });
});

test.each<[string, HttpBackendSpec['auth'], object]>([
  ['bearer of the connection', undefined, { auth: { type: 'bearer', token: createSecret('s3cret-token') } }],
  [
    'bearer of a setting',
    { type: 'bearer', token: `\${config.key}` },
    { config: { key: createSecret('s3cret-token') } },
  ],
  ['api_token, the setting', 'connection', { config: { api_token: createSecret('s3cret-token') } }],
])('credentials: %s', async (_name, auth, connection) => {
  const service = await loopbackService(() => ({ body: {} }));
  await callBackend(
    { url: '/x', ...(auth === undefined ? {} : { auth }) },
    {},
    { connection: connectionTo(service.url, connection) },
  );
  expect(service.last().headers.authorization).toBe('Bearer s3cret-token');
});

test('credentials: keys in headers, query and cookies, basic, and several at once', async () => {
  const service = await loopbackService(() => ({ body: {} }));
  const config = { key: createSecret('k&1'), user: 'u', password: createSecret('p:w') };
  const auth: HttpBackendSpec['auth'] = [
    { type: 'api_key', name: 'X-Key', value: `\${config.key}`, prefix: 'Token ' },
    { type: 'api_key', in: 'query', name: 'api key', value: `\${config.key}` },
    { type: 'api_key', in: 'cookie', name: 'sid', value: `\${config.key}` },
    { type: 'basic', username: `\${config.user}`, password: `\${config.password}` },
  ];
  await callBackend({ url: '/x?a=1', auth }, {}, { connection: connectionTo(service.url, { config }) });
  const { headers, target } = service.last();
  expect(target).toBe('/x?a=1&api%20key=k%261');
  expect(headers).toMatchObject({ 'x-key': 'Token k&1', cookie: 'sid=k%261', authorization: `Basic ${btoa('u:p:w')}` });
});

test('credentials: an api_key connection says itself where its key goes', async () => {
  const service = await loopbackService(() => ({ body: {} }));
  const key = createSecret('key-123456');
  const call = (auth: object) =>
    callBackend(
      { url: '/x' },
      {},
      { connection: connectionTo(service.url, { auth: { type: 'api_key', key, ...auth } }) },
    );
  await call({ header: 'X-Auth', scheme: 'Key' });
  expect(service.last().headers['x-auth']).toBe('Key key-123456');
  await call({ query: 'k' });
  expect(service.last().target).toBe('/x?k=key-123456');
});

test('credentials of a connection go to its own origin, elsewhere only where the backend says auth', async () => {
  const service = await loopbackService(() => ({ body: {} }));
  const connection = connectionTo('https://api.example.com', {
    auth: { type: 'bearer', token: createSecret('s3cret-token') },
  });
  await callBackend({ url: `${service.url}/x` }, {}, { connection });
  expect(service.last().headers.authorization).toBeUndefined();
  await callBackend({ url: `${service.url}/x`, auth: 'connection' }, {}, { connection });
  expect(service.last().headers.authorization).toBe('Bearer s3cret-token');
});

test('a missing credential needs config, an optional one is left out', async () => {
  const auth: HttpBackendSpec['auth'] = { type: 'api_key', name: 'X-Key', value: `\${config.key}` };
  const error = await errorOf(callBackend({ url: 'http://127.0.0.1:1/', auth }, {}));
  expect(error).toMatchObject({ code: 'CAPSTAN_NEEDS_CONFIG', details: { missing: [{ key: 'key' }] } });
  const service = await loopbackService(() => ({ body: {} }));
  await callBackend({ url: `${service.url}/x`, auth: { ...auth, optional: true } }, {});
  expect(service.last().headers['x-key']).toBeUndefined();
});

test('a secret is nowhere but on the wire: not in errors, causes or results', async () => {
  const secret = 'canary-secret-0815';
  const service = await loopbackService(({ headers, target }) => ({
    status: 400,
    body: { message: `bad ${headers.authorization} ${target}` },
  }));
  const connection = connectionTo(service.url, { config: { key: createSecret(secret) } });
  const auth: HttpBackendSpec['auth'] = [
    { type: 'bearer', token: `\${config.key}` },
    { type: 'api_key', in: 'query', name: 'k', value: `\${config.key}` },
  ];
  const refused = await errorOf(callBackend({ url: '/x', auth }, {}, { connection }));
  const secretInText = await errorOf(callBackend({ url: `/\${config.key}` }, {}, { connection }));
  const broken = connectionTo(service.url, { config: { key: createSecret(`${secret}\n`) } });
  const notSendable = await errorOf(callBackend({ url: '/x', auth }, {}, { connection: broken }));
  expect(service.last().headers.authorization).toContain(secret);
  expect([secretInText.code, notSendable.code]).toEqual(['CAPSTAN_CONFIG_INVALID', 'CAPSTAN_CONFIG_INVALID']);
  for (const error of [refused, secretInText, notSendable]) expect(everythingIn(error)).not.toContain(secret);
});

test.each<[string, string, number[], number]>([
  ['a GET is repeated after 500', 'GET', [500, 500], 3],
  ['a POST is not repeated after 500', 'POST', [500], 1],
  ['a POST is repeated after 503, which says that nothing was done', 'POST', [503, 429], 3],
  ['a GET is not repeated after 400', 'GET', [400], 1],
  ['a GET is repeated at most three times', 'GET', [500, 500, 500, 500, 500], 4],
])('%s', async (_name, method, failures, requests) => {
  const service = await loopbackService((_request, count) => ({ status: failures[count - 1] ?? 200, body: {} }));
  const services = testServices();
  await callBackend({ url: `${service.url}/x`, method: method === 'GET' ? 'GET' : 'POST' }, {}, { services }).catch(
    () => undefined,
  );
  expect(service.received.length).toBe(requests);
  expect(services.pauses).toEqual([125, 250, 500].slice(0, requests - 1));
});

test('a tool that is repeatable, or sends an idempotency key, is repeated as a GET is', async () => {
  const service = await loopbackService((_request, count) => ({ status: count % 2 === 1 ? 500 : 200, body: {} }));
  await callBackend({ url: `${service.url}/x`, method: 'POST' }, {}, { policy: { repeatable: true } });
  await callBackend({ url: `${service.url}/x`, method: 'POST', idempotency_header: 'Idempotency-Key' }, {});
  expect(service.received.map(({ headers }) => headers['idempotency-key'])).toEqual([
    undefined,
    undefined,
    'key-1',
    'key-1',
  ]);
});

test('the retry budget of an endpoint is asked, and gets back what was taken', async () => {
  const budget = new RetryBudget();
  const service = await loopbackService((_request, count) => ({ status: count === 3 ? 200 : 500, body: {} }));
  const services = { ...testServices(), retriesOf: () => budget };
  expect(await callBackend({ url: `${service.url}/x` }, {}, { services })).toEqual({});
  expect(budget.counts).toEqual({ granted: 2, refused: 0 });
  for (let taken = 0; taken < 3; taken += 1) expect(budget.acquire()).toBe(true);
  await errorOf(callBackend({ url: `${service.url}/x` }, {}, { services }));
  expect([budget.calls, budget.counts.refused, service.received.length]).toEqual([0, 1, 4]);
});

test('the host authenticates connections, a new token after a 401 included', async () => {
  const service = await loopbackService(({ headers }) => ({
    status: headers.authorization === 'Bearer new' ? 200 : 401,
    body: {},
  }));
  const services = testServices();
  const seen: string[] = [];
  const authenticator = {
    async exchange(_connection: ToolConnection, exchange: HttpExchange) {
      const answers = ['old', 'new'].map((token) => async () => {
        seen.push(token);
        const headers = Array.isArray(exchange.headers) ? exchange.headers : [];
        return services.http.exchange({ ...exchange, headers: ['Authorization', `Bearer ${token}`, ...headers] });
      });
      const first = await answers[0]?.();
      return first?.status === 401 && answers[1] ? answers[1]() : Promise.reject(new Error('no 401'));
    },
  };
  const connection = connectionTo(service.url, { auth: { type: 'oauth2_client_credentials' } });
  const spec: HttpBackendSpec = { url: '/x', auth: { type: 'bearer', token: `\${config.api_token}` } };
  expect(await callBackend(spec, {}, { connection, services: { ...services, authenticator } })).toEqual({});
  expect(seen).toEqual(['old', 'new']);
});

test('Retry-After is honoured, and a pause that would reach the deadline is not begun', async () => {
  const service = await loopbackService((_request, count) => ({
    status: count === 1 ? 429 : 200,
    headers: { 'retry-after': '7' },
    body: {},
  }));
  const services = testServices();
  await callBackend({ url: `${service.url}/x` }, {}, { services });
  expect(services.pauses).toEqual([7_000]);
  const late = await loopbackService(() => ({ status: 429, headers: { 'retry-after': '7' }, body: {} }));
  const error = await errorOf(
    callBackend({ url: `${late.url}/x` }, {}, { context: contextOf({ deadline: START_MS + 5_000 }) }),
  );
  expect(error).toMatchObject({ code: 'CAPSTAN_REMOTE_RATE_LIMITED', details: { retry_after_ms: 7_000, attempts: 1 } });
});

test('an endpoint that keeps failing is left alone, and tried again after a while', async () => {
  let status = 500;
  const service = await loopbackService(() => ({ status, body: {} }));
  const services = testServices();
  const context = contextOf({ deadline: START_MS + 600_000 });
  const call = () => callBackend({ url: `${service.url}/x`, method: 'POST' }, {}, { services, context });
  for (let count = 0; count < 5; count += 1) await errorOf(call());
  expect(await errorOf(call())).toMatchObject({ code: 'CAPSTAN_CIRCUIT_OPEN' });
  expect(service.received.length).toBe(5);
  services.advance(60_000);
  status = 200;
  expect(await call()).toEqual({});
});

test('a call ends with its caller: cancelled, or out of time', async () => {
  const service = await loopbackService(() => ({ body: {} }));
  const aborted = AbortSignal.abort();
  expect(
    await errorOf(callBackend({ url: `${service.url}/x` }, {}, { context: contextOf({ signal: aborted }) })),
  ).toMatchObject({ code: 'CAPSTAN_CANCELLED' });
  const late = contextOf({ deadline: START_MS });
  expect(await errorOf(callBackend({ url: `${service.url}/x` }, {}, { context: late }))).toMatchObject({
    code: 'CAPSTAN_DEADLINE_EXCEEDED',
  });
  expect(service.received.length).toBe(0);
});

test('a host that is not on the egress list is not called', async () => {
  const error = await errorOf(
    callBackend({ url: 'http://127.0.0.1:1/x' }, {}, { policy: { egress: ['api.example.com'] } }),
  );
  expect(error).toMatchObject({ code: 'CAPSTAN_EGRESS_DENIED' });
});

test('redirects of a GET are followed on the same host, with its credentials, and nowhere else', async () => {
  const other = await loopbackService(() => ({ body: 'other' }));
  const service = await loopbackService(({ target }) => {
    if (target.startsWith('/loop?')) return { status: 302, headers: { location: '/loop' } };
    if (target.startsWith('/a?')) return { status: 302, headers: { location: '/b?k=old&x=1' } };
    const away = { status: 302, headers: { location: `${other.url}/x` } };
    return target.startsWith('/away?') ? away : { body: { target } };
  });
  const connection = connectionTo(service.url, {
    auth: { type: 'api_key', query: 'k', key: createSecret('key-123456') },
  });
  expect(await callBackend({ url: '/a' }, {}, { connection })).toEqual({ target: '/b?x=1&k=key-123456' });
  const away = await errorOf(callBackend({ url: '/away' }, {}, { connection }));
  expect(away).toMatchObject({
    code: 'CAPSTAN_REMOTE_INVALID_RESPONSE',
    message: expect.stringContaining('which is not followed'),
  });
  expect(other.received.length).toBe(0);
  expect(await errorOf(callBackend({ url: '/loop' }, {}, { connection }))).toMatchObject({
    details: { remote_status: 302 },
  });
  expect(await errorOf(callBackend({ url: '/a', method: 'POST' }, {}, { connection }))).toMatchObject({
    details: { remote_status: 302 },
  });
  expect(await errorOf(callBackend({ url: '/a', redirects: 'refuse' }, {}, { connection }))).toMatchObject({
    details: { remote_status: 302 },
  });
});
