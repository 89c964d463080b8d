import { createCedarPolicy } from '@capstan/policy/cedar';
import { DANGER_LEVELS, type JsonObject } from '@capstan/sdk';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, test } from 'vitest';
import { type ServerUnderTest, serverUnderTest, tool } from '../running-server.test.support.ts';

const ROLES = ['viewer', 'agent', 'operator', 'admin'] as const;
type Role = (typeof ROLES)[number];
type Verdict = 'succeeded' | 'pending' | 'denied';
type Call = (role: Role, name: string, given: JsonObject) => Promise<Verdict>;

const CAP = `@id("cap") forbid (principal, action == Action::"call", resource)
when { context.arguments has amount && context.arguments.amount > 100 };
@id("never") forbid (principal, action == Action::"call", resource == Tool::"app.never");`;

const keyOf = (role: Role): string => `cap_${role}_of-the-matrix-of-surfaces`;

let server: ServerUnderTest;

async function start(): Promise<ServerUnderTest> {
  const policy = createCedarPolicy({ clock: { now: Date.now }, sources: [{ path: 'cap.cedar', text: CAP }] });
  return serverUnderTest({
    hostOptions: { environment: {}, policy },
    keys: ROLES.map((role) => ({ name: role, role, value: keyOf(role) })),
    tools: [
      ...DANGER_LEVELS.map((dangerLevel) => tool(`app.${dangerLevel}`, () => ({ done: true }), { dangerLevel })),
      tool('app.never', () => null),
    ],
  });
}

const inProcess: Call = async (role, name, given) => {
  const principal = { id: `key:${role}`, roles: [role], permissions: [] };
  const { status } = await server.host.invoke({ tool: `app.${name}`, arguments: given, principal });
  return verdictOf(status);
};

const single: Call = async (role, name, given) => {
  const body = { arguments: given };
  const response = await server.send(`/v1/workspaces/default/tools/${name}/invoke`, { key: keyOf(role), body });
  return response.status === 403 ? 'denied' : verdictOf(((await response.json()) as { status: string }).status);
};

const batch: Call = async (role, name, given) => {
  const body = { calls: [{ name, arguments: given }] };
  const response = await server.send('/v1/workspaces/default/invoke', { key: keyOf(role), body });
  if (response.status === 403) return 'denied';
  const text = await response.text();
  return verdictOf(/"status":"(succeeded|pending|denied)"/.exec(text)?.[1] ?? text);
};

const overMcp =
  (query: string, negotiation: '2026-07-28' | 'legacy', isCompact = false): Call =>
  async (role, name, given) => {
    const client = await connect(role, query, negotiation).catch((error: unknown) => refusal(error));
    if (client === undefined) return 'denied';
    const params = isCompact
      ? { name: 'call_write_tool', arguments: { name, arguments: given } }
      : { name, arguments: given };
    try {
      const text = JSON.stringify(await client.callTool(params));
      if (/CAPSTAN_(DENIED|FORBIDDEN)/.test(text)) return 'denied';
      return text.includes('apr_') ? 'pending' : verdictOf(text.includes('done') ? 'succeeded' : text);
    } catch (error) {
      return refusal(error) ?? 'denied';
    } finally {
      await client.close();
    }
  };

/** Whoever may not call is refused at the door of MCP, or by the call. */
function refusal(error: unknown): undefined {
  if (
    error instanceof Error &&
    /403|FORBIDDEN|scope|Forbidden|-32602|no such tool/i.test(`${error.name} ${error.message}`)
  ) {
    return undefined;
  }
  throw error;
}

async function connect(role: Role, query: string, negotiation: '2026-07-28' | 'legacy'): Promise<Client> {
  const mode = negotiation === 'legacy' ? 'legacy' : { pin: negotiation };
  const client = new Client({ name: 'matrix', version: '1.0.0' }, { versionNegotiation: { mode } });
  const requestInit = { headers: { authorization: `Bearer ${keyOf(role)}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp${query}`), { requestInit }));
  return client;
}

function verdictOf(status: string): Verdict {
  if (status === 'succeeded' || status === 'pending' || status === 'denied') return status;
  throw new Error(`neither allowed nor denied: ${status}`);
}

const SURFACES: readonly (readonly [string, Call])[] = [
  ['in process', inProcess],
  ['REST, single', single],
  ['REST, batch', batch],
  ['MCP over HTTP, 2026-07-28', overMcp('?compact=off', '2026-07-28')],
  ['MCP over HTTP, 2025-11-25', overMcp('?compact=off', 'legacy')],
  ['MCP over HTTP, compact', overMcp('?compact=on', '2026-07-28', true)],
];

describe.each(SURFACES)('%s', (_, call) => {
  test('decides by role and danger as every other surface does', async () => {
    server = await start();
    for (const role of ROLES) {
      for (const level of DANGER_LEVELS) {
        const waits = level === 'high' || level === 'critical';
        const expected = role === 'viewer' ? 'denied' : waits ? 'pending' : 'succeeded';
        expect([role, level, await call(role, level, {})]).toEqual([role, level, expected]);
      }
      expect([role, await call(role, 'low', { amount: 101 })]).toEqual([role, 'denied']);
      expect([role, await call(role, 'never', {})]).toEqual([role, 'denied']);
    }
  });
});

test('every list has the same tools: what some call is allowed for', async () => {
  server = await start();
  const expected = [...DANGER_LEVELS].sort();
  for (const role of ['agent', 'operator', 'admin'] as const) {
    const principal = { id: `key:${role}`, roles: [role], permissions: [] };
    expect(server.host.listTools({ principal }).items.map(({ exposedName }) => exposedName)).toEqual(expected);
    const rest = await server.send('/v1/workspaces/default/tools', { key: keyOf(role) });
    const { items } = (await rest.json()) as { items: readonly { name: string }[] };
    expect(items.map(({ name }) => name)).toEqual(expected);
    for (const mode of ['2026-07-28', 'legacy'] as const) {
      const client = await connect(role, '?compact=off', mode);
      expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(expected);
      await client.close();
    }
  }
});
