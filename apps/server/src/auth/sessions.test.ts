import { expect, test } from 'vitest';
import { ADMIN_KEY, AGENT_KEY, serverUnderTest, tool } from '../running-server.test.support.ts';

const BASE = '/v1/workspaces/default';

interface Session {
  readonly token: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly expires_at: string;
}

test('a session does what it was made for, over REST and MCP, and nothing else', async () => {
  const principals: string[] = [];
  const echo = tool('app.echo', (_input, { principal }) => void principals.push(principal.id));
  const server = await serverUnderTest({ tools: [echo] });
  const body = { ttl_s: 60, scopes: ['tools:read', 'tools:call'], workspace: 'default' };
  const made = await server.send('/v1/sessions', { key: ADMIN_KEY, body });
  expect(made.status).toBe(200);
  expect(made.headers.get('cache-control')).toBe('no-store');
  const { token, roles } = (await made.json()) as Session;
  expect(roles).toEqual(['agent']);
  const key = token;
  expect((await server.send(`${BASE}/tools/echo/invoke`, { method: 'POST', key })).status).toBe(200);
  expect(principals).toEqual(['key:admin']);
  expect((await server.send('/mcp', { key, body: { jsonrpc: '2.0', id: 1, method: 'tools/list' } })).status).not.toBe(
    401,
  );
  expect((await server.send(`${BASE}/circuits`, { key })).status).toBe(403);
  expect((await server.send('/v1/workspaces/other/tools', { key })).status).toBe(404);
  expect((await server.send('/v1/sessions', { method: 'POST', key })).status).toBe(403);
  const me = (await (await server.send('/v1/me', { key })).json()) as object;
  expect(me).toMatchObject({ principal: 'key:admin', credential: 'session', workspaces: ['default'] });
});

test('a key gives away no more than it has', async () => {
  const server = await serverUnderTest();
  for (const body of [
    { scopes: ['host:manage'] },
    { workspace: 'other' },
    { scopes: ['nonsense'] },
    { ttl_s: 0 },
    { ttl_s: 3601 },
  ]) {
    expect((await server.send('/v1/sessions', { body, key: AGENT_KEY })).status).toBe(400);
  }
});

test('servers with the same secret take each other’s sessions, others do not', async () => {
  const secret = new Uint8Array(32).fill(7);
  const [one, two, stranger] = await Promise.all([
    serverUnderTest({ auth: { sessionSecrets: [secret] } }),
    serverUnderTest({ auth: { sessionSecrets: [secret] } }),
    serverUnderTest(),
  ]);
  const { token } = (await (await one.send('/v1/sessions', { method: 'POST' })).json()) as Session;
  expect((await two.send('/v1/me', { key: token })).status).toBe(200);
  expect((await stranger.send('/v1/me', { key: token })).status).toBe(401);
});
