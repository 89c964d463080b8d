import { connect } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { serverUnderTest, tool } from '../running-server.test.support.ts';
import { parseJsonBody } from './json-body.ts';

const INVOKE = '/v1/workspaces/default/invoke';

test('malformed JSON is 400 with its line and column', async () => {
  const server = await serverUnderTest();
  const response = await server.send(INVOKE, { body: '{\n  "name": "echo",\n  oops\n}' });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: {
      code: 'CAPSTAN_INVALID_REQUEST',
      message: 'the body is not JSON: line 3, column 3',
      details: { line: 3, column: 3, position: 22 },
    },
  });
});

test('a body that breaks off is placed at its end', () => {
  expect(() => parseJsonBody('{"a":\n[1,')).toThrow(/line 2, column 4/);
});

test('any text is either JSON, or refused with a place inside it', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json().map((text) => text.slice(0, -1)),
      ),
      (text) => {
        try {
          parseJsonBody(text);
        } catch (error) {
          const { details } = error as { details: { position: number } };
          expect(details.position).toBeGreaterThanOrEqual(0);
          expect(details.position).toBeLessThanOrEqual(text.length);
        }
      },
    ),
  );
});

test('a key that would become a prototype is refused, however it is written and wherever it hides', () => {
  for (const text of ['{"__proto__":1}', '[{"a":{"__proto__":{}}}]'])
    expect(() => parseJsonBody(text)).toThrow(/__proto__/);
  expect(() => parseJsonBody('{"\\u005f_proto__":{"x":1}}')).toThrow(/__proto__/);
  expect(parseJsonBody('{"text":"about __proto__"}')).toEqual({ text: 'about __proto__' });
});

test('a body over 4 MiB is 413, on REST and on MCP', async () => {
  const server = await serverUnderTest();
  const body = JSON.stringify({ name: 'x'.repeat(4 * 1024 * 1024) });
  const response = await server.send(INVOKE, { body });
  expect(response.status).toBe(413);
  expect(await response.json()).toMatchObject({ error: { code: 'CAPSTAN_PAYLOAD_TOO_LARGE' } });
  const mcp = await server.send('/mcp', { body });
  expect(mcp.status).toBe(413);
  expect(await mcp.json()).toMatchObject({ jsonrpc: '2.0', error: { code: -32600 } });
});

test('a client of MCP hears of malformed JSON in its own words', async () => {
  const server = await serverUnderTest();
  const response = await server.send('/mcp', { body: '{' });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32700 } });
});

test('what does not exist is 404, what is not JSON is 400', async () => {
  const server = await serverUnderTest();
  const nowhere = await server.send('/nowhere?x=1', { key: '' });
  expect(nowhere.status).toBe(404);
  expect(await nowhere.json()).toMatchObject({
    error: { code: 'CAPSTAN_NOT_FOUND', message: 'nothing at GET /nowhere' },
  });
  expect((await server.send('/v1/workspaces/default/tools', { method: 'PUT' })).status).toBe(404);
  const form = await server.send(INVOKE, { body: 'name=echo', headers: { 'content-type': 'text/plain' } });
  expect(form.status).toBe(400);
  expect(await form.json()).toMatchObject({ error: { hint: 'Send "Content-Type: application/json".' } });
  expect((await server.send('/v1/workspaces/%/tools')).status).toBe(400);
});

test('what is not even HTTP gets an answer in our form, and the connection ends', async () => {
  const { url } = await serverUnderTest();
  const answer = await raw(Number(new URL(url).port), 'NONSENSE\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request/);
  expect(answer).toContain('CAPSTAN_INVALID_REQUEST');
});

test('a defect is 500 without a trace of it, and the log has it under the id of the answer', async () => {
  const server = await serverUnderTest({ tools: [tool('app.echo', () => null)] });
  server.host.listTools = () => {
    throw new TypeError('internal detail');
  };
  const response = await server.send('/v1/workspaces/default/tools');
  expect(response.status).toBe(500);
  const text = await response.text();
  expect(text).not.toMatch(/internal detail|TypeError|\.ts/);
  const { error } = JSON.parse(text);
  expect(error.code).toBe('CAPSTAN_INTERNAL');
  expect(server.logLines.join('')).toContain('internal detail');
  expect(server.logLines.join('')).toContain(error.details.request_id);
});

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}
