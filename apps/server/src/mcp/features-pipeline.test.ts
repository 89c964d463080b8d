import type { AuditRecord, HostOptions } from '@capstan/host';
import { loadSettings } from '@capstan/host';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AGENT_KEY, OTHER_KEY, type ServerUnderTest, serverUnderTest, tool } from '../running-server.test.support.ts';
import { subject2025 } from './conformance/test-kit/subject-2025.ts';
import { subject2026 } from './conformance/test-kit/subject-2026.ts';

const TEXT = 'test://static-text';
const SUBJECTS = { '2026-07-28': subject2026, '2025-11-25': subject2025 } as const;

describe.each(['2026-07-28', '2025-11-25'] as const)('what a server of %s has beside tools', (revision) => {
  test('is asked for through the pipeline: each request has its audit record', async () => {
    const { client, records } = await behindPolicy(revision);
    await client.readResource({ uri: TEXT });
    await client.getPrompt({ name: 'test_prompt_with_arguments', arguments: { arg1: 'a', arg2: 'b' } });
    const ref = { type: 'ref/prompt' as const, name: 'test_prompt_with_arguments' };
    await client.complete({ ref, argument: { name: 'arg1', value: 'p' } });
    await client.subscribeResource({ uri: 'test://watched-resource' });
    expect(records.flatMap((record) => (record.kind === 'call' ? [[record.tool, record.status]] : []))).toEqual([
      ['subject.mcp:resources/read', 'succeeded'],
      ['subject.mcp:prompts/get', 'succeeded'],
      ['subject.mcp:completion/complete', 'succeeded'],
      ['subject.mcp:resources/subscribe', 'succeeded'],
    ]);
    expect(records[0]).toMatchObject({ principal: 'key:agent', surface: 'mcp', arguments: { uri: TEXT } });
  });

  test('is neither listed nor found for whom the policy lets nothing of it be read', async () => {
    const policy: HostOptions['policy'] = ({ tool: { id } }) =>
      id === 'subject.mcp:resources/read' ? { allow: false, reason: 'no reading' } : { allow: true };
    const { client } = await behindPolicy(revision, policy);
    expect((await client.listResources()).resources).toEqual([]);
    expect((await client.listResourceTemplates()).resourceTemplates).toEqual([]);
    await expect(client.readResource({ uri: TEXT })).rejects.toThrow('Resource not found');
    expect((await client.listPrompts()).prompts).not.toEqual([]);
    expect((await client.getPrompt({ name: 'test_simple_prompt' })).messages).not.toEqual([]);
  });

  test('is refused where the policy refuses these arguments, and the refusal is recorded', async () => {
    const policy: HostOptions['policy'] = ({ arguments: args }) =>
      args !== undefined && 'uri' in args && args.uri === TEXT
        ? { allow: false, reason: 'not this one' }
        : { allow: true };
    const { client, records } = await behindPolicy(revision, policy);
    await expect(client.readResource({ uri: TEXT })).rejects.toThrow('CAPSTAN_DENIED');
    expect((await client.readResource({ uri: 'test://example-resource' })).contents).toHaveLength(1);
    expect(records.map((record) => (record.kind === 'call' ? record.status : ''))).toEqual(['denied', 'succeeded']);
  });
});

test('a large result is read as the resource that its call named, in its own workspace alone', async () => {
  const large = { text: 'x'.repeat(2 * 1024 * 1024) };
  const server = await serverUnderTest({ tools: [tool('app.large', () => large)] });
  const client = await clientOf(server, AGENT_KEY);
  const { content } = await client.callTool({ name: 'large', arguments: {} });
  const link = content.find((block) => block.type === 'resource_link');
  if (link === undefined) throw new Error('the result names no resource');

  const [whole] = (await client.readResource({ uri: link.uri })).contents;
  if (whole === undefined || !('text' in whole)) throw new Error('the resource has no text');
  expect(JSON.parse(whole.text)).toEqual(large);
  expect(link.size).toBe(Buffer.byteLength(whole.text));

  await expect(client.readResource({ uri: `${link.uri}0` })).rejects.toThrow('Resource not found');
  const other = await clientOf(server, OTHER_KEY);
  await expect(other.readResource({ uri: link.uri })).rejects.toThrow('Resource not found');
  await expect(other.readResource({ uri: link.uri.replace('default', 'other') })).rejects.toThrow('Resource not found');
});

async function behindPolicy(revision: keyof typeof SUBJECTS, policy?: HostOptions['policy']) {
  const subject = await SUBJECTS[revision]();
  onTestFinished(() => subject.stop());
  const { settings } = loadSettings({
    path: 'capstan.yaml',
    text: 'egress: { allow_private: [127.0.0.0/8] }\nworkspaces: { default: {} }\n',
  });
  if (settings === undefined) throw new Error('the settings of the test are wrong');
  const records: AuditRecord[] = [];
  const server = await serverUnderTest({
    hostOptions: {
      config: settings,
      audit: {
        append: (record) => void records.push(record),
        flush: async () => undefined,
        close: async () => undefined,
      },
      ...(policy === undefined ? {} : { policy }),
    },
    keys: [{ name: 'agent', role: 'agent', value: AGENT_KEY }],
  });
  await server.host.addMcpServer({ name: 'subject', workspace: 'default', server: { url: subject.url } });
  await server.host.settled();
  records.length = 0;
  return { client: await clientOf(server, AGENT_KEY), records };
}

async function clientOf(server: ServerUnderTest, key: string): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'legacy' } });
  const requestInit = { headers: { authorization: `Bearer ${key}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`), { requestInit }));
  onTestFinished(() => client.close());
  return client;
}
