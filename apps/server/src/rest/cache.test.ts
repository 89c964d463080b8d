import { expect, test } from 'vitest';
import { ADMIN_KEY, AGENT_KEY, serverUnderTest } from '../running-server.test.support.ts';

test('operators see what is kept and clear it, and each clearing is recorded', async () => {
  let made = 0;
  const acts: unknown[] = [];
  const server = await serverUnderTest({
    hostOptions: {
      audit: {
        append: (record) => {
          if (record.kind === 'act') acts.push(record);
          return undefined;
        },
        flush: () => Promise.resolve(),
        close: () => Promise.resolve(),
      },
    },
    tools: [
      {
        id: 'app.price',
        description: 'x',
        annotations: { readOnly: true },
        cache: { ttlMs: 60_000, tags: ['stocks'] },
        handler: () => {
          made += 1;
          return made;
        },
      },
    ],
  });
  const call = async (symbol: string) => {
    const body = { arguments: { symbol } };
    const response = await server.send('/v1/workspaces/default/tools/price/invoke', { method: 'POST', body });
    return response.json();
  };
  const clear = async (body: object) => {
    const request = { method: 'POST', key: ADMIN_KEY, body: { ...body } };
    const response = await server.send('/v1/workspaces/default/cache/clear', request);
    return { status: response.status, body: await response.json() };
  };
  expect(await call('AAPL')).toMatchObject({ result: 1 });
  expect(await call('AAPL')).toMatchObject({ result: 1, meta: { 'capstan/cache': { status: 'hit' } } });
  await call('MSFT');
  const shown = await server.send('/v1/workspaces/default/cache', { key: ADMIN_KEY });
  expect(await shown.json()).toMatchObject({
    entries: 2,
    tools: { 'app.price': { hits: 1, misses: 2 } },
    items: [{ tool: 'app.price', tags: ['stocks'] }, { hits: 1 }],
  });
  expect(await clear({ tool: 'price', arguments: { symbol: 'AAPL' } })).toEqual({
    status: 200,
    body: { cleared: 1, shared: true },
  });
  expect(await call('AAPL')).toMatchObject({ result: 3 });
  expect(await call('MSFT')).toMatchObject({ result: 2 });
  expect((await clear({ tag: 'stocks' })).body).toEqual({ cleared: 2, shared: true });
  expect((await clear({ arguments: {} })).status).toBe(400);
  expect(acts).toMatchObject([
    { act: 'cache.clear', target: 'price', principal: 'key:admin', address: '127.0.0.1' },
    { act: 'cache.clear', target: 'stocks', details: { tag: 'stocks', cleared: 2 } },
  ]);
  expect((await server.send('/v1/workspaces/default/cache', { key: AGENT_KEY })).status).toBe(403);
});
