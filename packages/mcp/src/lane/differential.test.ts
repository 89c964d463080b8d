import { CapstanError, type InvocationResult, type JsonValue } from '@capstan/sdk';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FakeGateway } from '../fake-gateway.test.support.ts';
import { serveTwoWays, type TwoWays, type WireRequest } from './two-ways.test.support.ts';

const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};
const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

/** Answers what its arguments say: every kind of value and outcome. */
const answering = {
  run: (call: { arguments: { [key: string]: JsonValue | undefined } }): InvocationResult => {
    const { value = null, content, meta, fail, verbatim } = call.arguments;
    if (fail === 'expected')
      throw new CapstanError('CAPSTAN_REMOTE_UNREACHABLE', 'nobody answers', { details: { a: 1 } });
    if (typeof fail === 'object' && fail !== null) {
      throw new CapstanError('CAPSTAN_REMOTE_REFUSED', 'the server refused', { details: { rpc_error: fail } });
    }
    return {
      value,
      ...(typeof verbatim === 'object' && verbatim !== null ? { verbatim: verbatim as never } : {}),
      ...(Array.isArray(content) ? { content: content as never } : {}),
      ...(typeof meta === 'object' && meta !== null ? { meta: meta as never } : {}),
    };
  },
};

function gateway(): FakeGateway {
  return new FakeGateway({
    answer: answering,
    'any name': answering,
    promises_object: { ...answering, definition: { outputSchema: { type: 'object' }, displayName: 'A title' } },
    promises_list: {
      ...answering,
      definition: { outputSchema: { type: 'array', items: { $ref: '#/$defs/x' }, $defs: { x: {} } } },
    },
    promises_anything: {
      ...answering,
      definition: { outputSchema: { description: 'any' }, annotations: { readOnly: true } },
    },
    steps: {
      run: ({ onProgress }) => {
        for (const progress of [1, 2, 2, 1, 3]) onProgress?.({ progress, total: 3 });
        return { value: { done: true } };
      },
    },
    waits: { run: () => ({ value: null }) },
  });
}

const ERAS = ['modern', 'legacy'] as const;
type Era = (typeof ERAS)[number];

function request(
  era: Era,
  method: string,
  params: Record<string, unknown>,
  meta: Record<string, unknown> = {},
): WireRequest {
  if (era === 'legacy') {
    const whole = Object.keys(meta).length > 0 ? { ...params, _meta: meta } : params;
    return { headers: JSON_HEADERS, body: { jsonrpc: '2.0', id: 7, method, params: whole } };
  }
  return {
    headers: {
      ...JSON_HEADERS,
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(typeof params.name === 'string' && /^[ -~]*$/.test(params.name) ? { 'mcp-name': params.name } : {}),
    },
    body: { jsonrpc: '2.0', id: 'a "quoted" id', method, params: { ...params, _meta: { ...ENVELOPE, ...meta } } },
  };
}

async function expectSame(ways: TwoWays, sent: WireRequest): Promise<{ readonly isLane: boolean }> {
  const { lane, sdk } = await ways.both(sent);
  const { isOnePiece, ...answer } = lane;
  const { isOnePiece: _, ...expected } = sdk;
  expect(answer).toEqual(expected);
  return { isLane: isOnePiece };
}

describe.each(ERAS)('requests of a %s client', (era) => {
  const calls: readonly [string, Record<string, unknown>][] = [
    ['an object', { name: 'answer', arguments: { value: { a: [1, 'ü', null], nested: { 'x-y': '"' } } } }],
    ['an empty object', { name: 'answer', arguments: { value: {} } }],
    ['a list', { name: 'answer', arguments: { value: [1, { a: 1 }] } }],
    ['a string', { name: 'answer', arguments: { value: 'text' } }],
    ['a number', { name: 'answer', arguments: { value: 1.5 } }],
    ['a boolean', { name: 'answer', arguments: { value: false } }],
    ['null', { name: 'answer', arguments: {} }],
    ['no arguments', { name: 'answer' }],
    [
      'content alone',
      { name: 'answer', arguments: { content: [{ type: 'image', data: 'AA==', mimeType: 'image/png' }] } },
    ],
    [
      'content and a list',
      { name: 'answer', arguments: { value: [1], content: [{ type: 'audio', data: '', extra: 1 }] } },
    ],
    [
      'content with text and a list',
      { name: 'answer', arguments: { value: [1], content: [{ type: 'text', text: 'x' }] } },
    ],
    ['meta', { name: 'answer', arguments: { value: { a: 1 }, meta: { 'x/y': { z: 1 } } } }],
    [
      'meta that names a server',
      {
        name: 'answer',
        arguments: { value: 1, meta: { 'io.modelcontextprotocol/serverInfo': { name: 'x', version: '1' } } },
      },
    ],
    [
      'a result of a server, as it is',
      { name: 'answer', arguments: { value: { a: 1 }, verbatim: { content: [{ type: 'text', text: 'x' }], own: 1 } } },
    ],
    [
      'a result of a server with structure',
      {
        name: 'answer',
        arguments: { value: { a: 1 }, verbatim: { content: [], structuredContent: { b: 2 }, _meta: { x: 1 } } },
      },
    ],
    ['a result of a server with a list', { name: 'answer', arguments: { verbatim: { structuredContent: [1] } } }],
    [
      'a result of a server with a type of its own',
      { name: 'answer', arguments: { verbatim: { content: [], resultType: 'own' } } },
    ],
    ['an error of a server', { name: 'answer', arguments: { verbatim: { content: [], isError: true } } }],
    [
      'a protocol error of a server',
      { name: 'answer', arguments: { fail: { code: -32001, message: 'no', data: { x: 1 } } } },
    ],
    ['a protocol error with an old code', { name: 'answer', arguments: { fail: { code: -32002, message: 'no' } } }],
    ['a protocol error with an odd code', { name: 'answer', arguments: { fail: { code: 1.5, message: 'no' } } }],
    [
      'a missing capability',
      {
        name: 'answer',
        arguments: { fail: { code: -32021, message: 'no', data: { requiredCapabilities: { roots: {} } } } },
      },
    ],
    ['a failure', { name: 'answer', arguments: { fail: 'expected' } }],
    ['a promised object', { name: 'promises_object', arguments: { value: { a: 1 } } }],
    ['a promised list', { name: 'promises_list', arguments: { value: [{}] } }],
    ['an object where a list was promised', { name: 'promises_list', arguments: { value: { a: 1 } } }],
    ['an object where anything was promised', { name: 'promises_anything', arguments: { value: { a: 1 } } }],
    ['a string where anything was promised', { name: 'promises_anything', arguments: { value: 'x' } }],
    ['null where an object was promised', { name: 'promises_object', arguments: {} }],
    ['a tool by its id', { name: 'pack.answer', arguments: { value: { a: 1 } } }],
    ['a name with a space', { name: 'any name', arguments: { value: { a: 1 } } }],
    ['an unknown tool', { name: 'nowhere', arguments: {} }],
    ['an unknown tool with an odd name', { name: 'no "where"\\', arguments: {} }],
  ];
  test.each(calls)('a call that answers %s', async (_name, params) => {
    const ways = await serveTwoWays(gateway());
    expect(await expectSame(ways, request(era, 'tools/call', params))).toEqual({ isLane: true });
  });

  test('lists, page by page, the second time from memory', async () => {
    const ways = await serveTwoWays(gateway(), { pageSize: 3 });
    for (let time = 0; time < 2; time += 1) {
      let cursor: string | undefined;
      do {
        const sent = request(era, 'tools/list', cursor === undefined ? {} : { cursor });
        expect(await expectSame(ways, sent)).toEqual({ isLane: true });
        const { messages } = await ways.send('sdk', sent);
        cursor = (messages[0] as { result: { nextCursor?: string } }).result.nextCursor;
      } while (cursor !== undefined);
    }
    for (const cursor of ['', 'made-up', Buffer.from('{"after":"b"}').toString('base64url')]) {
      await expectSame(ways, request(era, 'tools/list', { cursor }));
    }
  });

  test('a list follows the catalog', async () => {
    const tools = gateway();
    const ways = await serveTwoWays(tools);
    await expectSame(ways, request(era, 'tools/list', {}));
    tools.set('newcomer', answering);
    await expectSame(ways, request(era, 'tools/list', {}));
    expect(JSON.stringify(await ways.send('lane', request(era, 'tools/list', {})))).toContain('newcomer');
  });

  test('progress, in order and growing, before the result', async () => {
    const ways = await serveTwoWays(gateway());
    for (const progressToken of ['token', 3]) {
      await expectSame(ways, request(era, 'tools/call', { name: 'steps' }, { progressToken }));
      await expectSame(ways, request(era, 'tools/call', { name: 'answer' }, { progressToken }));
    }
    const { messages } = await ways.send('lane', request(era, 'tools/call', { name: 'steps' }, { progressToken: 't' }));
    expect(messages).toHaveLength(4);
  });

  test('a defect is an internal error without its message', async () => {
    const broken = gateway();
    broken.callTool = () => Promise.reject(new TypeError('internal detail'));
    const ways = await serveTwoWays(broken);
    expect(await expectSame(ways, request(era, 'tools/call', { name: 'answer' }))).toEqual({ isLane: true });
  });

  test('an answer that JSON cannot carry is an internal error', async () => {
    const broken = gateway();
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    broken.set('circle', { run: () => ({ value: circle as never }) });
    const ways = await serveTwoWays(broken);
    await expectSame(ways, request(era, 'tools/call', { name: 'circle' }));
  });
});

test('requests that are wrong in one place get the answer of the SDK', async () => {
  const ways = await serveTwoWays(gateway());
  for (const era of ERAS) {
    for (const method of ['tools/call', 'tools/list']) {
      const right = request(
        era,
        method,
        method === 'tools/call' ? { name: 'answer', arguments: { value: { a: 1 } } } : {},
      );
      for (const sent of spoilt(right)) await expectSame(ways, sent);
    }
  }
});

test('any JSON in any place of a right request gets the same answer both ways', async () => {
  const ways = await serveTwoWays(gateway());
  let byLane = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...ERAS),
      CALLS,
      fc.array(CHANGES, { maxLength: 2 }),
      async (era, call, changes) => {
        const sent = request(era, call.method, call.params);
        const { headers, body } = changes.reduce((changed, change) => change(changed), sent);
        if ((await expectSame(ways, { headers, body: JSON.stringify(body) ?? '""' })).isLane) byLane += 1;
      },
    ),
    { numRuns: 800 },
  );
  expect(byLane).toBeGreaterThan(100);
});

const ANY_JSON = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, '', 0, -0, 1.5, 2 ** 60, '2025-11-25', '2026-07-28', [], {}),
  fc.jsonValue({ maxDepth: 2 }),
);
const CALLS = fc.oneof(
  fc
    .record({
      name: fc.constantFrom('answer', 'nowhere', 'promises_list'),
      arguments: fc.record({ value: fc.jsonValue() }),
    })
    .map((params): Call => ({ method: 'tools/call', params })),
  fc.constant<Call>({ method: 'tools/list', params: {} }),
);
const PLACES = [
  ['jsonrpc'],
  ['id'],
  ['method'],
  ['params'],
  ['more'],
  ['params', 'name'],
  ['params', 'arguments'],
  ['params', 'arguments', 'fail'],
  ['params', 'cursor'],
  ['params', 'more'],
  ['params', '_meta'],
  ['params', '_meta', 'progressToken'],
  ['params', '_meta', 'traceparent'],
  ['params', '_meta', 'capstan/connection'],
  ...[...Object.keys(ENVELOPE), 'io.modelcontextprotocol/logLevel'].map((key) => ['params', '_meta', key]),
];
const HEADERS: Readonly<Record<string, readonly string[]>> = {
  accept: ['application/json', '*/*', 'application/json, text/event-stream;q=0.1'],
  'content-type': ['application/json; charset=utf-8', 'APPLICATION/JSON', 'text/json', 'application/jsonp'],
  'mcp-protocol-version': ['2026-07-28', '2025-11-25', '2024-11-05', '2024-01-01', '2027-01-01', ''],
  'mcp-method': ['tools/call', 'tools/list', 'Tools/Call'],
  'mcp-name': ['answer', 'nowhere', '=?base64?YW5zd2Vy?=', '=?base64?*?='],
  'mcp-session-id': ['made-up', ''],
};
const CHANGES: fc.Arbitrary<(sent: WireRequest) => WireRequest> = fc.oneof(
  fc.tuple(fc.constantFrom(...PLACES), ANY_JSON).map(([place, value]) => ({ headers, body }: WireRequest) => ({
    headers,
    body: withValueAt(body, place, value),
  })),
  fc
    .constantFrom(
      ...Object.entries(HEADERS).flatMap(([name, values]) =>
        [undefined, ...values].map((value) => [name, value] as const),
      ),
    )
    .map(([name, value]) => ({ headers: { [name]: _, ...headers }, body }: WireRequest) => ({
      headers: value === undefined ? headers : { ...headers, [name]: value },
      body,
    })),
);

interface Call {
  readonly method: string;
  readonly params: Record<string, unknown>;
}

function withValueAt(target: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  if (typeof target !== 'object' || target === null) return target;
  return { ...target, [key]: withValueAt((target as Record<string, unknown>)[key], rest, value) };
}

/** A right request with one thing wrong, for each thing that can be. */
function spoilt({ headers, body }: WireRequest): readonly WireRequest[] {
  const message = body as { readonly params: { readonly _meta?: Record<string, unknown> } & Record<string, unknown> };
  const { params } = message;
  const meta = params._meta ?? {};
  const withMeta = (more: object): object => ({ ...message, params: { ...params, _meta: { ...meta, ...more } } });
  const bodies: readonly unknown[] = [
    [],
    [message],
    [message, { ...message, id: 8 }],
    {},
    { ...message, jsonrpc: '1.0' },
    { ...message, id: null },
    { ...message, id: 1.5 },
    { ...message, id: true },
    { ...message, id: undefined },
    { ...message, params: undefined },
    { ...message, params: [] },
    { ...message, params: null },
    { ...message, params: { ...params, name: 5 } },
    { ...message, params: { ...params, name: undefined } },
    { ...message, params: { ...params, arguments: null } },
    { ...message, params: { ...params, arguments: [] } },
    { ...message, params: { ...params, arguments: 'x' } },
    { ...message, params: { ...params, cursor: 5 } },
    { ...message, params: { ...params, task: { ttl: 1 } } },
    { ...message, params: { ...params, unknown: 1 } },
    { ...message, params: { ...params, requestState: 'made-up' } },
    { ...message, params: { ...params, inputResponses: {} } },
    { ...message, params: { ...params, _meta: null } },
    { ...message, params: { ...params, _meta: [] } },
    { ...message, unknown: 1 },
    { ...message, method: 'tools/unknown' },
    withMeta({ progressToken: {} }),
    withMeta({ progressToken: 1.5 }),
    withMeta({ traceparent: 5, 'capstan/connection': 5 }),
    withMeta({ 'io.modelcontextprotocol/related-task': { taskId: 'x' } }),
    withMeta({ 'io.modelcontextprotocol/related-task': 5 }),
    withMeta({ 'io.modelcontextprotocol/protocolVersion': '2027-01-01' }),
    withMeta({ 'io.modelcontextprotocol/protocolVersion': '2025-11-25' }),
    withMeta({ 'io.modelcontextprotocol/protocolVersion': 5 }),
    withMeta({ 'io.modelcontextprotocol/clientCapabilities': undefined }),
    withMeta({ 'io.modelcontextprotocol/clientCapabilities': 'none' }),
    withMeta({ 'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } } }),
    withMeta({ 'io.modelcontextprotocol/clientCapabilities': { elicitation: 5 } }),
    withMeta({ 'io.modelcontextprotocol/clientInfo': { name: 5 } }),
    withMeta({ 'io.modelcontextprotocol/clientInfo': undefined }),
    withMeta({ 'io.modelcontextprotocol/logLevel': 'debug' }),
    withMeta({ 'io.modelcontextprotocol/logLevel': 'loud' }),
    withMeta({ 'io.modelcontextprotocol/unknown': 1 }),
  ];
  const heads: readonly Record<string, string>[] = [
    { ...headers, accept: 'application/json' },
    { ...headers, accept: '*/*' },
    { ...headers, 'content-type': 'text/plain' },
    { ...headers, 'content-type': 'application/json; charset=utf-8' },
    { ...headers, 'mcp-protocol-version': '2025-11-25' },
    { ...headers, 'mcp-protocol-version': '2025-06-18' },
    { ...headers, 'mcp-protocol-version': '2026-07-28' },
    { ...headers, 'mcp-protocol-version': '1999-01-01' },
    { ...headers, 'mcp-method': 'tools/other' },
    { ...headers, 'mcp-name': 'other' },
    { ...headers, 'mcp-name': '=?base64?YW5zd2Vy?=' },
    { ...headers, 'mcp-session-id': 'made-up' },
    ...['accept', 'content-type', 'mcp-protocol-version', 'mcp-method', 'mcp-name'].map((name) =>
      Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name)),
    ),
  ];
  return [
    ...bodies.map((each) => ({ headers, body: each })),
    ...heads.map((each) => ({ headers: each, body })),
    ...['PUT', 'PATCH', 'DELETE'].map((method) => ({ method, headers, body })),
  ];
}
