import type { Policy } from '@capstan/host';
import { allowEnabledTools } from '@capstan/host';
import { CapstanError, type JsonObject, type JsonValue } from '@capstan/sdk';
import { createClient } from '@capstan/sdk/client';
import { expect, test } from 'vitest';
import { AGENT_KEY, OTHER_KEY, serverUnderTest, tool } from '../running-server.test.support.ts';

const inputSchema = { type: 'object', required: ['a'], properties: { a: { type: 'string' } } };
const echo = tool('app.echo', (input) => input as JsonObject, { inputSchema });
const refuse = tool('app.refuse', () => {
  throw new CapstanError('CAPSTAN_REMOTE_REFUSED', 'not today', { hint: 'Ask tomorrow.' });
});

async function clientOf(options: Parameters<typeof serverUnderTest>[0]) {
  const { url } = await serverUnderTest(options);
  return createClient({ url, key: AGENT_KEY, fetch });
}

test('a model of the OpenAI form gets the tools and the answers to what it called', async () => {
  const client = await clientOf({ tools: [echo, refuse] });
  const tools = await client.tools('openai');
  expect(tools).toMatchObject([
    { type: 'function', function: { name: 'echo', parameters: inputSchema } },
    { type: 'function', function: { name: 'refuse' } },
  ]);
  const call = (id: string, name: string, text: string) => ({ id, function: { name, arguments: text } });
  const calls = [
    call('1', 'echo', '{"a":"x"}'),
    call('2', 'refuse', ''),
    call('3', 'echo', '{"a":'),
    call('4', 'echo', '{}'),
  ];
  const messages = await client.runOpenAi(calls);
  expect(messages).toEqual([
    { role: 'tool', tool_call_id: '1', content: '{"a":"x"}' },
    { role: 'tool', tool_call_id: '2', content: 'CAPSTAN_REMOTE_REFUSED: not today Ask tomorrow.' },
    { role: 'tool', tool_call_id: '3', content: expect.stringContaining('no JSON object') },
    { role: 'tool', tool_call_id: '4', content: expect.stringContaining('CAPSTAN_INVALID_ARGUMENTS') },
  ]);
});

test('a model of the Anthropic form: failures say that they are', async () => {
  const client = await clientOf({ tools: [echo, refuse] });
  expect(await client.tools('anthropic', 'echo')).toMatchObject([{ name: 'echo', input_schema: inputSchema }]);
  expect(
    await client.runAnthropic([
      { id: '1', name: 'echo', input: { a: 'x' } },
      { id: '2', name: 'refuse', input: {} },
    ]),
  ).toEqual([
    { type: 'tool_result', tool_use_id: '1', content: '{"a":"x"}' },
    { type: 'tool_result', tool_use_id: '2', content: expect.stringContaining('not today'), is_error: true },
  ]);
});

test('tools of the AI SDK come with what runs them, and more than a page of them', async () => {
  const many = Array.from({ length: 1_100 }, (_, index) => tool(`app.tool_${index}`, () => index as JsonValue));
  const client = await clientOf({ tools: [echo, refuse, ...many] });
  const tools = await client.aiSdkTools((schema) => ({ wrapped: schema }));
  expect(Object.keys(tools)).toHaveLength(1_102);
  expect(tools.echo?.inputSchema).toEqual({ wrapped: inputSchema });
  expect(await tools.echo?.execute({ a: 'x' })).toEqual({ a: 'x' });
  await expect(tools.refuse?.execute({})).rejects.toMatchObject({
    code: 'CAPSTAN_REMOTE_REFUSED',
    hint: 'Ask tomorrow.',
  });
});

test('definitions are those that the key may call: of its workspace, and by its policy', async () => {
  const policy: Policy = (question) =>
    question.tool.name === 'refuse' ? { allow: false, reason: 'no' } : allowEnabledTools(question);
  const server = await serverUnderTest({ tools: [echo, refuse], hostOptions: { policy } });
  for (const format of ['openai', 'anthropic'] as const) {
    const tools = await createClient({ url: server.url, key: AGENT_KEY, fetch }).tools(format);
    expect(JSON.stringify(tools)).toContain('echo');
    expect(JSON.stringify(tools)).not.toContain('refuse');
  }
  const other = createClient({ url: server.url, key: OTHER_KEY, workspace: 'other', fetch });
  expect(await other.tools('openai')).toEqual([]);
  const [message] = await other.runAnthropic([{ id: '1', name: 'echo', input: { a: 'x' } }]);
  expect(message).toMatchObject({ is_error: true, content: expect.stringContaining('CAPSTAN_TOOL_NOT_FOUND') });
});

test('a wrong key, and a server that is none, are errors with a code', async () => {
  const { url } = await serverUnderTest({ tools: [echo] });
  await expect(createClient({ url, key: 'wrong', fetch }).tools('openai')).rejects.toMatchObject({
    code: 'CAPSTAN_UNAUTHENTICATED',
  });
  const page = createClient({ url, key: '', fetch: async () => ({ status: 200, text: async () => '<html>' }) });
  await expect(page.invoke('echo', {})).rejects.toMatchObject({ code: 'CAPSTAN_REMOTE_INVALID_RESPONSE' });
});
