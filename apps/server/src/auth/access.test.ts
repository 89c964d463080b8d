import { randomBytes } from 'node:crypto';
import { mintToken, ROLES } from '@capstan/identity';
import { MetricRegistry } from '@capstan/telemetry';
import { fastify } from 'fastify';
import { describe, expect, test } from 'vitest';
import { linePackFolder } from '../line-pack.test.support.ts';
import { ADMIN_KEY, AGENT_KEY, serverUnderTest, tool } from '../running-server.test.support.ts';
import { denyByDefault } from './deny-by-default.ts';

/** All that answers without a credential. Another one is a decision: it is written down here first. */
const OPEN = [
  '/',
  '/healthz',
  '/readyz',
  '/openapi.json',
  '/docs',
  '/oauth/callback',
  '/.well-known/oauth-protected-resource',
  '/.well-known/oauth-protected-resource/mcp',
  '/.well-known/oauth-protected-resource/w/:workspace/mcp',
];

test('every route that is mounted, and MCP on both paths, needs a credential that is good', async () => {
  const server = await serverUnderTest({
    auth: { guessing: { perNetwork: 1e9, perKey: 1e9 } },
    metrics: new MetricRegistry(),
  });
  const closed = server.routes.filter(({ path }) => !OPEN.includes(path));
  const paths = new Set(server.routes.map(({ path }) => path));
  for (const path of [
    ...OPEN,
    '/mcp',
    '/w/:workspace/mcp',
    '/v1/sessions',
    '/metrics',
    '/v1/telemetry',
    '/v1/workspaces/:workspace/invoke',
  ]) {
    expect([...paths]).toContain(path);
  }
  expect(
    closed
      .filter(({ path }) => path.endsWith('/mcp'))
      .map(({ method }) => method)
      .sort(),
  ).toEqual(['DELETE', 'DELETE', 'GET', 'GET', 'POST', 'POST'].concat(['HEAD', 'HEAD']).sort());
  for (const { method, path } of closed) {
    for (const headers of BAD_CREDENTIALS) {
      const response = await server.send(path.replaceAll(/:\w+/g, 'default'), { method, key: '', headers });
      expect(`${method} ${path} ${response.status}`).toBe(`${method} ${path} 401`);
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer realm/);
      if (method !== 'HEAD')
        expect(await response.json()).toMatchObject({ error: { code: 'CAPSTAN_UNAUTHENTICATED' } });
    }
  }
});

test('plain MCP calls, which the framework does not see, need one too', async () => {
  const server = await serverUnderTest({ tools: [tool('app.echo', () => 'hi')] });
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
  for (const path of ['/mcp', '/w/default/mcp']) {
    // Once known, the key takes the short way; whoever comes after it does not slip through.
    for (let n = 0; n < 3; n += 1) expect((await server.send(path, { body })).status).not.toBe(401);
    for (const headers of BAD_CREDENTIALS) {
      expect((await server.send(path, { body, key: '', headers })).status).toBe(401);
    }
  }
});

const BAD_CREDENTIALS: readonly Readonly<Record<string, string>>[] = [
  {},
  { authorization: '' },
  { authorization: 'Bearer' },
  { authorization: 'Bearer wrong' },
  { authorization: `Basic ${AGENT_KEY}` },
  { authorization: AGENT_KEY },
  { authorization: `Bearer ${AGENT_KEY}x` },
  { authorization: `Bearer ${AGENT_KEY} ${AGENT_KEY}` },
  { authorization: 'Bearer cap_0123456789_short' },
  { authorization: `Bearer ${mintToken(randomBytes).token}` },
  { authorization: 'Bearer caps_eyJhbGciOiJub25lIn0.e30.' },
  { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.' },
  { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJpc3MiOiJ4In0.AAAA' },
];

test('a route that forgets to ask is closed', async () => {
  const app = fastify();
  denyByDefault(app, () => false);
  app.get('/forgotten', () => 'secret');
  app.get('/healthz', () => 'ok');
  expect((await app.inject('/forgotten')).body).not.toContain('"secret"');
  expect((await app.inject('/forgotten')).statusCode).not.toBe(200);
  expect((await app.inject('/healthz')).statusCode).toBe(200);
});

test('health and documentation need none', async () => {
  const server = await serverUnderTest();
  for (const path of ['/healthz', '/readyz', '/openapi.json', '/docs']) {
    expect((await server.send(path, { key: '' })).status).toBe(200);
  }
});

test('for an agent key another workspace is like one that does not exist', async () => {
  const server = await serverUnderTest();
  const answers = [];
  for (const name of ['other', 'nowhere']) {
    const response = await server.send(`/v1/workspaces/${name}/tools`);
    answers.push({ status: response.status, body: (await response.text()).replaceAll(`\\"${name}\\"`, 'X') });
    expect((await server.send(`/w/${name}/mcp`, { method: 'POST', body: {} })).status).toBe(404);
  }
  expect(answers[0]).toEqual(answers[1]);
  expect(answers[0]?.status).toBe(404);
  expect((await server.send('/v1/workspaces/other/tools', { key: ADMIN_KEY })).status).toBe(200);
  expect((await server.send('/v1/workspaces/nowhere/tools', { key: ADMIN_KEY })).status).toBe(404);
});

test('agent keys may not switch packs, see config or circuits', async () => {
  const { config } = linePackFolder({ workspaces: { default: { packs: ['line_pack'] } } });
  const server = await serverUnderTest({ hostOptions: { config } });
  const base = '/v1/workspaces/default';
  for (const [method, path] of [
    ['POST', 'packs/line_pack/enable'],
    ['POST', 'packs/line_pack/disable'],
    ['GET', 'packs/line_pack/config?explain=true'],
    ['GET', 'circuits'],
  ] as const) {
    const response = await server.send(`${base}/${path}`, { method });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { code: 'CAPSTAN_FORBIDDEN' } });
  }
  expect(server.host.packs()[0]?.enabled).toBe(true);
});

describe('roles', () => {
  const key = (role: 'viewer' | 'agent' | 'operator' | 'admin') => ({
    name: role,
    role,
    value: `value-of-the-key-${role}`,
  });
  const ROUTES = [
    ['GET', '/v1/me', 'viewer'],
    ['GET', '/v1/workspaces/default/tools', 'viewer'],
    ['GET', '/v1/workspaces/default/packs', 'viewer'],
    ['POST', '/v1/workspaces/default/tools/echo/invoke', 'agent'],
    ['GET', '/v1/workspaces/default/mcp-servers', 'operator'],
    ['GET', '/v1/workspaces/default/circuits', 'admin'],
  ] as const;

  test.each(['viewer', 'agent', 'operator', 'admin'] as const)('%s', async (role) => {
    const server = await serverUnderTest({ keys: [key(role)], tools: [tool('app.echo', () => 'hi')] });
    for (const [method, path, weakest] of ROUTES) {
      const { status } = await server.send(path, { method, key: key(role).value });
      const may = ROLES.indexOf(role) >= ROLES.indexOf(weakest);
      expect(`${method} ${path} ${status}`).toBe(`${method} ${path} ${may ? 200 : 403}`);
    }
  });

  test('a viewer calls nothing over MCP either', async () => {
    const server = await serverUnderTest({ keys: [key('viewer')], tools: [tool('app.echo', () => 'hi')] });
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo', arguments: {} } };
    const headers = { accept: 'application/json, text/event-stream' };
    const answer = await server.send('/mcp', { body, headers, key: key('viewer').value });
    expect(await answer.text()).not.toContain('"hi"');
  });
});
