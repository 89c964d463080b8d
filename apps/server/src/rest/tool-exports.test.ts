import type { JsonObject } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { serverUnderTest, tool } from '../running-server.test.support.ts';

const BASE = '/v1/workspaces/default/tools';
const inputSchema = { type: 'object', required: ['a'], properties: { a: { type: 'string' } } };

test('tools are given as another framework takes them, and called by the names that stand there', async () => {
  const server = await serverUnderTest({ tools: [tool('app.echo', (input) => input as JsonObject, { inputSchema })] });
  const get = async (format: string) => (await server.send(`${BASE}?format=${format}`)).json();
  expect(await get('openai')).toEqual({
    format: 'openai',
    tools: [{ type: 'function', function: { name: 'echo', description: 'Does app.echo.', parameters: inputSchema } }],
  });
  expect(await get('anthropic')).toEqual({
    format: 'anthropic',
    tools: [{ name: 'echo', description: 'Does app.echo.', input_schema: inputSchema }],
  });
  expect(await get('ai-sdk')).toEqual({
    format: 'ai-sdk',
    tools: { echo: { description: 'Does app.echo.', inputSchema } },
  });
  const called = await server.send('/v1/workspaces/default/invoke', { body: { name: 'echo', arguments: { a: 'x' } } });
  expect(await called.json()).toMatchObject({ status: 'succeeded', result: { a: 'x' } });
});

test('exports come in pages, can be searched, and know no other format', async () => {
  const tools = ['one', 'two', 'three'].map((name) => tool(`app.${name}`, () => null));
  const server = await serverUnderTest({ tools });
  const first = await (await server.send(`${BASE}?format=ai-sdk&limit=2`)).json();
  expect(first).toMatchObject({ tools: { one: {}, three: {} }, next_cursor: expect.any(String) });
  const { next_cursor: cursor } = first as { next_cursor: string };
  const last = await (await server.send(`${BASE}?format=ai-sdk&limit=2&cursor=${cursor}`)).json();
  expect(last).toEqual({ format: 'ai-sdk', tools: { two: expect.anything() } });
  expect(await (await server.send(`${BASE}?format=openai&search=two`)).json()).toMatchObject({
    tools: [{ function: { name: 'two' } }],
  });
  expect((await server.send(`${BASE}?format=xml`)).status).toBe(400);
});
