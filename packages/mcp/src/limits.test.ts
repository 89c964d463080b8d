import type { JsonValue } from '@capstan/sdk';
import { expect, onTestFinished, test } from 'vitest';
import { errorText } from './call-result.ts';
import { callerInfo } from './caller-info.ts';
import { FakeGateway, fakeCaller } from './fake-gateway.test.support.ts';
import { createMcpHttp } from './mcp-http.ts';

test('the names of a tool and of a connection are at most 256 characters long', async () => {
  const gateway = new FakeGateway({ echo: { run: () => ({ value: 1 }) } });
  const long = 'a'.repeat(257);
  expect(await call(gateway, { name: long })).toMatchObject({ error: { code: -32602 } });
  const named = { name: 'echo', _meta: { 'capstan/connection': long } };
  expect(await call(gateway, named)).toMatchObject({ error: { code: -32602 } });
  expect(gateway.calls).toEqual([]);
});

test('a result that is nested too deep is an error, not a broken answer', async () => {
  let value: JsonValue = 1;
  for (let level = 0; level < 20_000; level += 1) value = [value];
  const deep = value;
  const gateway = new FakeGateway({ deep: { run: () => ({ value: 1, content: [{ type: 'x', deep }] as never }) } });
  const answer = await call(gateway, { name: 'deep' });
  expect(answer).toMatchObject({ error: { code: -32603, message: 'Internal error' } });
});

test('an agent reads the message of a stranger without control characters', () => {
  const error = {
    code: 'CAPSTAN_TOOL_FAILED',
    message: 'm\u001b[2J\u202e\u009b',
    hint: 'h',
    retriable: false,
  } as const;
  expect(errorText({ ...error, details: { said: '\u202ex' } })).toBe(
    'CAPSTAN_TOOL_FAILED: m[2J\ndetails: {"said":"x"}\nhint: h',
  );
});

/** By the SDK: the lane leaves what asks for more than a result to it. */
async function call(gateway: FakeGateway, params: object): Promise<unknown> {
  const http = createMcpHttp({ gateway, version: '1.2.3' });
  onTestFinished(() => http.close());
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
  const request = new Request('http://localhost/mcp', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
  });
  const answer = await http.fetch(request, { authInfo: callerInfo(fakeCaller()), parsedBody: body });
  const text = await answer.text();
  return JSON.parse(
    text
      .split('\n')
      .find((line) => line.startsWith('data: '))
      ?.slice(6) ?? text,
  );
}
