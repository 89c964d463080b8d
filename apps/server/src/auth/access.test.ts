import { expect, test } from 'vitest';
import { linePackFolder } from '../line-pack.test.support.ts';
import { ADMIN_KEY, AGENT_KEY, serverUnderTest } from '../running-server.test.support.ts';

test('every operation of the document, and MCP, needs a key', async () => {
  const server = await serverUnderTest();
  const { paths } = (await (await server.send('/openapi.json')).json()) as { paths: Record<string, object> };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, { security?: unknown }>).map(([method, { security }]) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, 'default'),
      isPublic: security !== undefined,
    })),
  );
  const mcp = ['/mcp', '/w/default/mcp'].flatMap((path) =>
    ['GET', 'POST', 'DELETE'].map((method) => ({ method, path, isPublic: false })),
  );
  const closed = [...operations, ...mcp].filter(({ isPublic }) => !isPublic);
  expect(closed).toHaveLength(22);
  for (const { method, path } of closed) {
    for (const headers of BAD_CREDENTIALS) {
      const response = await server.send(path, { method, key: '', headers });
      expect(`${method} ${path} ${response.status}`).toBe(`${method} ${path} 401`);
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
      expect(await response.json()).toMatchObject({ error: { code: 'CAPSTAN_UNAUTHENTICATED' } });
    }
  }
});

const BAD_CREDENTIALS: readonly Readonly<Record<string, string>>[] = [
  {},
  { authorization: 'Bearer' },
  { authorization: 'Bearer wrong' },
  { authorization: `Basic ${AGENT_KEY}` },
  { authorization: AGENT_KEY },
  { authorization: `Bearer ${AGENT_KEY}x` },
  { authorization: `Bearer ${AGENT_KEY} ${AGENT_KEY}` },
];

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
