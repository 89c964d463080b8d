import { createSecret } from '@capstan/schema';
import type { ErrorCode } from '@capstan/sdk';
import { describe, expect, test } from 'vitest';
import { answer, type Reaction, refusal, scriptedService, success } from './scripted-service.test.support.ts';
import { callOf, connectionTo, errorOf, everythingIn, testAdapter } from './test-adapter.test.support.ts';

const ONCE = { maxRetries: 0, baseMs: 1, maxMs: 1 };

describe('a success envelope gives its result', () => {
  test.each([
    ['an object', success({ id: 1 }), { id: 1 }],
    ['null', success(null), null],
    ['a list', success([1, 2]), [1, 2]],
    ['no result: as the seed reads it', answer(200, { success: true }), {}],
    ['another status of success', answer(201, { success: true, result: 1 }), 1],
    ['a charset', answer(200, { success: true, result: 1 }, { 'content-type': 'application/json; charset=utf-8' }), 1],
    ['a suffix type', answer(200, { success: true, result: 1 }, { 'content-type': 'Application/VND.x+JSON' }), 1],
    ['a byte order mark', answer(200, '\ufeff{"success":true,"result":1}'), 1],
    ['no content type', 'HTTP/1.1 200 X\r\ncontent-length: 27\r\n\r\n{"success":true,"result":1}', 1],
    [
      'keys that mean something to JavaScript',
      answer(200, '{"success":true,"result":{"__proto__":{"a":1}}}'),
      JSON.parse('{"__proto__":{"a":1}}'),
    ],
  ])('%s', async (_what, reaction, result) => {
    const service = await scriptedService();
    service.play(reaction);
    expect(await testAdapter().adapter.call(callOf(connectionTo(service.url)))).toEqual(result);
  });
});

interface Failing {
  readonly what: string;
  readonly reaction: Reaction;
  readonly code: ErrorCode;
  readonly status: number | undefined;
  readonly remoteCode?: string;
  readonly retriable: boolean;
  /** For the cases that are about time; the others have plenty. */
  readonly timeoutMs?: number;
}

const ERROR = { code: 'NO_CHANNEL', message: 'There is no such channel.', details: { channel: 'C1' } };

const STATUSES: readonly (readonly [number, ErrorCode, boolean])[] = [
  [400, 'CAPSTAN_REMOTE_REFUSED', false],
  [401, 'CAPSTAN_REMOTE_AUTH', false],
  [403, 'CAPSTAN_REMOTE_AUTH', false],
  [404, 'CAPSTAN_REMOTE_NOT_FOUND', false],
  [405, 'CAPSTAN_REMOTE_REFUSED', false],
  [408, 'CAPSTAN_REMOTE_TIMEOUT', true],
  [409, 'CAPSTAN_REMOTE_REFUSED', false],
  [413, 'CAPSTAN_PAYLOAD_TOO_LARGE', false],
  [422, 'CAPSTAN_REMOTE_REFUSED', false],
  [429, 'CAPSTAN_REMOTE_RATE_LIMITED', true],
  [451, 'CAPSTAN_REMOTE_REFUSED', false],
  [500, 'CAPSTAN_REMOTE_UNAVAILABLE', true],
  [501, 'CAPSTAN_REMOTE_UNAVAILABLE', true],
  [502, 'CAPSTAN_REMOTE_UNAVAILABLE', true],
  [503, 'CAPSTAN_REMOTE_UNAVAILABLE', true],
  [504, 'CAPSTAN_REMOTE_TIMEOUT', true],
  [599, 'CAPSTAN_REMOTE_UNAVAILABLE', true],
];

const FAILING: readonly Failing[] = [
  ...STATUSES.flatMap(([status, code, retriable]): readonly Failing[] => [
    {
      what: `${status} with an envelope`,
      reaction: refusal(status, ERROR),
      code,
      status,
      remoteCode: 'NO_CHANNEL',
      retriable,
    },
    {
      what: `${status} with a page`,
      reaction: answer(status, '<h1>no</h1>', { 'content-type': 'text/html' }),
      code,
      status,
      retriable,
    },
    { what: `${status} with nothing`, reaction: answer(status, ''), code, status, retriable },
  ]),
  {
    what: '200 with an error',
    reaction: refusal(200, ERROR),
    code: 'CAPSTAN_REMOTE_REFUSED',
    status: 200,
    remoteCode: 'NO_CHANNEL',
    retriable: false,
  },
  {
    what: '302 with an error',
    reaction: refusal(302, ERROR),
    code: 'CAPSTAN_REMOTE_REFUSED',
    status: 302,
    remoteCode: 'NO_CHANNEL',
    retriable: false,
  },
  {
    what: 'retriable: true on 422',
    reaction: refusal(422, { ...ERROR, retriable: true }),
    code: 'CAPSTAN_REMOTE_REFUSED',
    status: 422,
    remoteCode: 'NO_CHANNEL',
    retriable: true,
  },
  {
    what: 'retriable: false on 503',
    reaction: refusal(503, { ...ERROR, retriable: false }),
    code: 'CAPSTAN_REMOTE_UNAVAILABLE',
    status: 503,
    remoteCode: 'NO_CHANNEL',
    retriable: false,
  },
  {
    what: 'a number for a code',
    reaction: refusal(400, { code: 7, message: 'm' }),
    code: 'CAPSTAN_REMOTE_REFUSED',
    status: 400,
    remoteCode: '7',
    retriable: false,
  },
  {
    what: 'a text for an error',
    reaction: refusal(400, 'boom'),
    code: 'CAPSTAN_REMOTE_REFUSED',
    status: 400,
    retriable: false,
  },
  {
    what: 'no error in it',
    reaction: answer(400, { success: false }),
    code: 'CAPSTAN_REMOTE_REFUSED',
    status: 400,
    retriable: false,
  },
  ...[
    ['a redirect', answer(307, '', { location: 'http://169.254.169.254/' }), 307],
    ['204', 'HTTP/1.1 204 X\r\n\r\n', 204],
    ['202 with a job', answer(202, { job: { id: 'j' } }), 202],
    ['202 with a job in a success envelope', answer(202, { success: true, job: { id: 'j' } }), 202],
    ['a page', answer(200, '<h1>hello</h1>', { 'content-type': 'text/html' }), 200],
    ['JSON that calls itself text', answer(200, '{"success":true}', { 'content-type': 'text/plain' }), 200],
    [
      'a type that only begins like JSON',
      answer(200, '{"success":true}', { 'content-type': 'application/jsonp' }),
      200,
    ],
    ['broken JSON', answer(200, '{"success":tru'), 200],
    ['an empty body', answer(200, ''), 200],
    ['a list', answer(200, [1]), 200],
    ['a string', answer(200, '"ok"'), 200],
    ['no success in it', answer(200, { result: 1 }), 200],
    ['success as text', answer(200, { success: 'true', result: 1 }), 200],
    ['compressed bytes', answer(200, 'x', { 'content-encoding': 'gzip' }), 200],
    ['success: true on 500', answer(500, { success: true, result: 1 }), 500],
    ['success: true on 404', answer(404, { success: true, result: 1 }), 404],
    ['very deep JSON', answer(200, '['.repeat(200_000)), 200],
  ].map(
    ([what, reaction, status]): Failing => ({
      what: String(what),
      reaction: String(reaction),
      code: 'CAPSTAN_REMOTE_INVALID_RESPONSE',
      status: Number(status),
      retriable: false,
    }),
  ),
  {
    what: 'an answer that breaks off',
    reaction: (socket) => socket.end('HTTP/1.1 200 X\r\ncontent-length: 99\r\n\r\n{'),
    code: 'CAPSTAN_REMOTE_INVALID_RESPONSE',
    status: 200,
    retriable: true,
  },
  {
    what: 'no HTTP',
    reaction: (socket) => socket.end('hello\r\n'),
    code: 'CAPSTAN_REMOTE_INVALID_RESPONSE',
    status: undefined,
    retriable: false,
  },
  {
    what: 'a closed connection',
    reaction: (socket) => socket.end(),
    code: 'CAPSTAN_REMOTE_UNREACHABLE',
    status: undefined,
    retriable: true,
  },
  {
    what: 'silence',
    reaction: () => undefined,
    code: 'CAPSTAN_REMOTE_TIMEOUT',
    status: undefined,
    retriable: true,
    timeoutMs: 500,
  },
  {
    what: 'a slow body',
    reaction: 'HTTP/1.1 200 X\r\ncontent-length: 99\r\n\r\n{',
    code: 'CAPSTAN_REMOTE_TIMEOUT',
    status: 200,
    retriable: true,
    timeoutMs: 500,
  },
  {
    what: 'too long an answer',
    reaction: `HTTP/1.1 200 X\r\ncontent-length: ${10 * 1024 * 1024 + 1}\r\n\r\n`,
    code: 'CAPSTAN_REMOTE_TOO_LARGE',
    status: 200,
    retriable: false,
  },
];

describe('everything else is a typed error', () => {
  test.each(FAILING)('$what: $code', async ({ reaction, code, status, remoteCode, retriable, timeoutMs = 10_000 }) => {
    const service = await scriptedService();
    service.play(reaction);
    const policy = { retry: ONCE, timeoutMs };
    const error = await errorOf(testAdapter().adapter.call(callOf(connectionTo(service.url), { policy })));
    expect([error.code, error.details.remote_status, error.details.remote_code, error.retriable]).toEqual([
      code,
      status,
      remoteCode,
      retriable,
    ]);
    expect(error.message).not.toBe('');
    expect(error.hint).not.toBe('');
    expect(service.requests).toHaveLength(1);
  });
});

test('an error of the service comes with its message and its details', async () => {
  const service = await scriptedService();
  service.play(refusal(422, ERROR));
  const error = await errorOf(testAdapter().adapter.call(callOf(connectionTo(service.url))));
  expect(error.message).toBe('There is no such channel.');
  expect(error.details).toEqual({
    remote_status: 422,
    remote_code: 'NO_CHANNEL',
    remote_details: { channel: 'C1' },
    attempts: 1,
  });
});

test('nothing listens there: unreachable', async () => {
  const service = await scriptedService();
  await service.stop();
  const policy = { retry: ONCE };
  const error = await errorOf(testAdapter().adapter.call(callOf(connectionTo(service.url), { policy })));
  expect([error.code, error.details.reason]).toEqual(['CAPSTAN_REMOTE_UNREACHABLE', 'refused']);
});

test('an address that may not be reached: denied, and no fault of the endpoint', async () => {
  const { adapter } = testAdapter();
  const error = await errorOf(adapter.call(callOf(connectionTo('http://169.254.169.254/latest'))));
  expect([error.code, error.retriable]).toEqual(['CAPSTAN_EGRESS_DENIED', false]);
  expect(adapter.circuits()[0]?.state).toEqual({ kind: 'closed', failures: 0 });
});

test('a private address: the hint is the line of capstan.yaml that allows it', async () => {
  const error = await errorOf(testAdapter().adapter.call(callOf(connectionTo('http://10.0.0.1/x'))));
  expect(error.hint).toContain('egress: { allow_private: [10.0.0.0/8] }');
});

test('a credential that the service echoes reaches neither the error nor its causes', async () => {
  const value = 'echoed-t0ken/+value';
  const connection = (url: string) => connectionTo(url, { auth: { type: 'bearer', token: createSecret(value) } });
  const echoes = [
    refusal(401, {
      code: `bad ${value}`,
      message: `token ${value} is bad`,
      details: { token: value, nested: [{ value }] },
    }),
    answer(200, `<p>${value}</p>`, { 'content-type': `text/html; token="${value}"` }),
    answer(500, `<p>${encodeURIComponent(value)}</p>`, { 'content-type': 'text/html' }),
    answer(302, '', { location: `http://x/?token=${encodeURIComponent(value)}` }),
    `nonsense ${value}\r\n`,
  ];
  const service = await scriptedService();
  const { adapter } = testAdapter();
  for (const echo of echoes) {
    service.play(echo);
    const error = await errorOf(
      adapter.call(callOf(connection(service.url), { policy: { retry: ONCE, timeoutMs: 10_000 } })),
    );
    const text = everythingIn(error);
    expect(text).not.toContain(value);
    expect(text).not.toContain(encodeURIComponent(value));
  }
});

test('a message is cut at 2,000 characters, and no half of a secret is left at the cut', async () => {
  const value = `secret-${'z'.repeat(60)}`;
  const token = createSecret(value);
  const service = await scriptedService();
  const { adapter } = testAdapter();
  const connection = connectionTo(service.url, { auth: { type: 'bearer', token } });
  for (const message of [`${'a'.repeat(1_990)}${value}`, 'b'.repeat(1_000_000), value.repeat(20_000)]) {
    service.play(refusal(400, { code: 'X', message, details: { long: message } }));
    const error = await errorOf(adapter.call(callOf(connection)));
    expect(error.message.length).toBeLessThanOrEqual(2_000);
    expect(everythingIn(error)).not.toContain('secret-z');
  }
});
