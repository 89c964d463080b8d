import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { curlLine, stdioClientSnippet } from './client-snippets.ts';
import { pickSampleCall, type TryableTool } from './sample-call.ts';
import { shellLine } from './shell-quote.ts';

const tool = (parts: Partial<TryableTool>): TryableTool => ({
  name: 'tool',
  ready: true,
  readOnly: true,
  inputSchema: { type: 'object' },
  examples: [],
  connections: [],
  ...parts,
});

test('a tool that only reads comes before one that writes', () => {
  const tools = [tool({ name: 'send', readOnly: false }), tool({ name: 'list' })];
  expect(pickSampleCall(tools)).toEqual({ tool: 'list', arguments: {} });
});

test('with a service that is only an example, writing comes first: there is something to see', () => {
  const tools = [tool({ name: 'list' }), tool({ name: 'send', readOnly: false })];
  expect(pickSampleCall(tools, { preferWriting: true })?.tool).toBe('send');
});

test('the example of the tool is taken where its schema accepts it', () => {
  const inputSchema = { type: 'object', required: ['to'], properties: { to: { type: 'string' } } };
  expect(pickSampleCall([tool({ inputSchema, examples: [{ to: 5 }, { to: 'U1' }] })])?.arguments).toEqual({ to: 'U1' });
  expect(pickSampleCall([tool({ inputSchema, examples: [{ arguments: { to: 'U2' } }] })])?.arguments).toEqual({
    to: 'U2',
  });
});

test('without an example the required arguments get the simplest values that fit', () => {
  const inputSchema = {
    type: 'object',
    required: ['text', 'count', 'mood', 'list'],
    properties: {
      text: { type: 'string' },
      count: { type: 'integer' },
      mood: { enum: ['good', 'bad'] },
      list: { type: 'array' },
      other: { type: 'string' },
    },
  };
  expect(pickSampleCall([tool({ inputSchema })])?.arguments).toEqual({
    text: 'hello',
    count: 1,
    mood: 'good',
    list: [],
  });
});

test('with several connections the call names one, with a single one it need not', () => {
  expect(pickSampleCall([tool({ connections: ['line-b', 'line-a'] })])?.connection).toBe('line-b');
  expect(pickSampleCall([tool({ connections: ['line-a'] })])).not.toHaveProperty('connection');
});

test('a tool that nothing simple fits, or that is not ready, is passed over', () => {
  const inputSchema = {
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'string', pattern: '^[0-9]{9}$' } },
  };
  expect(pickSampleCall([tool({ inputSchema }), tool({ name: 'down', ready: false })])).toBeUndefined();
});

test('the curl line reaches a shell as it was meant, whatever is in it', () => {
  const call = { tool: 'line_send_message', arguments: { text: `it's "$HOME" \`x\` \\ !` } };
  const line = curlLine('http://127.0.0.1:7420', 'default', 'cap_agent_x', call);
  expect(line).not.toContain('\n');
  const words = execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' }).split('\0');
  expect(words).toContain('http://127.0.0.1:7420/v1/workspaces/default/tools/line_send_message/invoke');
  expect(words).toContain('Authorization: Bearer cap_agent_x');
  expect(JSON.parse(words.at(-2) ?? '')).toEqual({ arguments: call.arguments });
});

test('any words survive a shell', () => {
  const word = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      const read = execFileSync('sh', ['-c', `printf '%s\\0' ${shellLine(words)}`], { encoding: 'utf8' });
      expect(read.split('\0').slice(0, -1)).toEqual(words);
    }),
    { numRuns: 30 },
  );
});

test('the stdio snippet is one line that starts this very program', () => {
  const snippet = stdioClientSnippet(['/usr/bin/node', '/opt/capstan/main.js', 'mcp']);
  expect(snippet).not.toContain('\n');
  expect(JSON.parse(snippet)).toEqual({
    mcpServers: { capstan: { command: '/usr/bin/node', args: ['/opt/capstan/main.js', 'mcp'] } },
  });
});
