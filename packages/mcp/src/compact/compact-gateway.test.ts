import type { ToolDefinition } from '@capstan/sdk';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { callerInfo } from '../caller-info.ts';
import { FakeGateway, fakeCaller } from '../fake-gateway.test.support.ts';
import { createMcpHttp } from '../mcp-http.ts';
import type { CompactCaller, CompactMode } from './compact-gateway.ts';
import { COMPACT_TOOLS } from './compact-tools.ts';

const ERAS = ['legacy', { pin: '2026-07-28' }] as const;

describe.each(ERAS)('a compact endpoint, %o', (mode) => {
  test('lists four tools above the threshold, and says which of them only read', async () => {
    const { client } = await connect({ tools: 41, mode });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([...COMPACT_TOOLS]);
    expect(Object.fromEntries(tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint]))).toEqual({
      call_read_tool: true,
      call_write_tool: false,
      describe_tools: true,
      find_tools: true,
    });
    expect(JSON.stringify(tools).length).toBeLessThan(2000);
  });

  test('lists every tool up to the threshold, or where it is told to', async () => {
    for (const given of [{ tools: 40 }, { tools: 60, compact: 'off' as const }]) {
      const { client } = await connect({ ...given, mode });
      expect((await client.listTools()).tools.length).toBe(given.tools);
    }
    const { client } = await connect({ tools: 1, compact: 'on', mode });
    expect((await client.listTools()).tools).toHaveLength(4);
  });

  test('finds, describes and calls', async () => {
    const { client, gateway } = await connect({ tools: 50, mode });
    const found = await client.callTool({ name: 'find_tools', arguments: { query: 'thing tool_07', limit: 3 } });
    expect(found.structuredContent).toEqual({
      tools: [{ name: 'tool_07', description: 'Does the thing number 7', call_with: 'call_read_tool' }],
      found: 1,
    });
    const described = await client.callTool({ name: 'describe_tools', arguments: { names: ['tool_07', 'nope'] } });
    expect(described.structuredContent).toMatchObject({
      tools: [{ name: 'tool_07', input_schema: { type: 'object' } }],
      unknown: ['nope'],
    });
    const args = { name: 'tool_07', arguments: { a: 1 } };
    expect((await client.callTool({ name: 'call_read_tool', arguments: args })).structuredContent).toEqual({ a: 1 });
    expect(gateway.calls).toMatchObject([{ name: 'tool_07', arguments: { a: 1 } }]);
  });

  test('a tool that may write is not called as one that reads', async () => {
    const { client, gateway } = await connect({ tools: 50, mode });
    for (const name of ['tool_08', 'unmarked']) {
      const refused = await client.callTool({ name: 'call_read_tool', arguments: { name } });
      expect(refused.isError).toBe(true);
      expect(JSON.stringify(refused.content)).toContain('call_write_tool');
      expect(gateway.calls).toEqual([]);
    }
    const answer = await client.callTool({ name: 'call_write_tool', arguments: { name: 'tool_08' } });
    expect(answer.isError).toBeUndefined();
  });

  test('what is wrong or unknown is an error with the way out', async () => {
    const { client } = await connect({ tools: 50, mode });
    const wrong = [
      ['find_tools', {}, 'query'],
      ['describe_tools', { names: 'x' }, 'names'],
      ['describe_tools', { names: Array.from({ length: 21 }, () => 'x') }, 'at most 20'],
      ['call_read_tool', {}, 'name'],
      ['call_write_tool', { name: 'tool_08', arguments: [] }, 'must be an object'],
      ['call_write_tool', { name: 'nope' }, 'find_tools'],
    ] as const;
    for (const [name, args, text] of wrong) {
      const answer = await client.callTool({ name, arguments: { ...args } });
      expect([name, answer.isError]).toEqual([name, true]);
      expect(JSON.stringify(answer.content)).toContain(text);
    }
  });
});

test('a tool that has the name of a compact one is itself where the endpoint is not compact', async () => {
  const { client, gateway } = await connect({ tools: 1, mode: 'legacy' });
  gateway.set('find_tools', { run: () => ({ value: { own: true } }) });
  expect((await client.callTool({ name: 'find_tools', arguments: {} })).structuredContent).toEqual({ own: true });
});

interface Given {
  readonly tools: number;
  readonly mode: (typeof ERAS)[number];
  readonly compact?: CompactMode;
}

async function connect({ tools, mode, compact }: Given): Promise<{ client: Client; gateway: FakeGateway }> {
  const gateway = new FakeGateway();
  for (let number = 0; number < tools; number += 1)
    gateway.set(`tool_${String(number).padStart(2, '0')}`, tool(number));
  if (tools === 50) gateway.set('unmarked', { run: () => ({ value: null }) });
  const http = createMcpHttp({ gateway, version: '1.2.3' });
  const caller: CompactCaller = { ...fakeCaller(), ...(compact === undefined ? {} : { compact }) };
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  const transport = new StreamableHTTPClientTransport(new URL('http://capstan.test/mcp'), {
    fetch: (url, init) => {
      const parsedBody: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined;
      const body = parsedBody === undefined ? {} : { parsedBody };
      return http.fetch(new Request(url, init), { authInfo: callerInfo(caller), ...body });
    },
  });
  await client.connect(transport);
  onTestFinished(async () => {
    await client.close();
    await http.close();
  });
  return { client, gateway };
}

function tool(number: number) {
  const definition: Partial<ToolDefinition> = {
    description: `Does the thing number ${number}`,
    annotations: { readOnly: number % 2 === 1 },
  };
  return { definition, run: (call: { arguments: object }) => ({ value: { ...call.arguments } as never }) };
}
