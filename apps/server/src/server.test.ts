import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from '@capstan/host';
import { expect, onTestFinished, test } from 'vitest';
import { openDataFolder } from './data-folder/data-folder.ts';
import { readServerFile } from './data-folder/server-file.ts';
import { serverUnderTest, tool, untilCancelled } from './running-server.test.support.ts';
import { startServer } from './start-server.ts';

const BASE = '/v1/workspaces/default';

test('a taken port is named', async () => {
  const taken = createTcpServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as { port: number };
  const host = await createHost({ environment: {} });
  onTestFinished(() => host.close());
  await expect(startServer({ host, listen: { port } })).rejects.toMatchObject({
    code: 'CAPSTAN_CONFLICT',
    message: `port ${port} on 127.0.0.1 is taken by another program`,
  });
});

test('the keys of the data folder open the server, and its file says where it is while it runs', async () => {
  const path = mkdtempSync(join(tmpdir(), 'capstan-start-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  const dataFolder = openDataFolder(join(path, 'data'));
  const server = await serverUnderTest({ dataFolder, now: () => 0 });
  expect(readServerFile(dataFolder.path)).toEqual({
    url: server.url,
    pid: process.pid,
    started_at: '1970-01-01T00:00:00.000Z',
  });
  expect((await server.send(`${BASE}/tools`, { key: dataFolder.keys.agent })).status).toBe(200);
  expect((await server.send(`${BASE}/circuits`, { key: dataFolder.keys.agent })).status).toBe(403);
  expect((await server.send(`${BASE}/circuits`, { key: dataFolder.keys.admin })).status).toBe(200);
  await server.close();
  expect(readServerFile(dataFolder.path)).toBeUndefined();
  dataFolder.close();
});

test('a closing server ends the calls under way, and lets none in', async () => {
  const started = Promise.withResolvers<void>();
  const release = Promise.withResolvers<string>();
  const slow = tool('app.slow', () => {
    started.resolve();
    return release.promise;
  });
  const server = await serverUnderTest({ tools: [slow] });
  const calling = server.send(`${BASE}/tools/slow/invoke`, { method: 'POST' });
  await started.promise;
  const closing = server.close();
  expect((await server.send('/readyz')).status).toBe(503);
  expect((await server.send('/healthz')).status).toBe(200);
  for (const path of [`${BASE}/tools`, '/mcp']) {
    const refused = await server.send(path);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ error: { code: 'CAPSTAN_DRAINING' } });
  }
  release.resolve('done');
  const response = await calling;
  expect(await response.json()).toMatchObject({ status: 'succeeded', result: 'done' });
  await closing;
  await expect(server.send('/healthz')).rejects.toThrow();
});

test('a call that does not end in time is cancelled', async () => {
  const started = Promise.withResolvers<void>();
  const long = tool('app.long', (_input, { signal }) => {
    started.resolve();
    return untilCancelled(signal);
  });
  const server = await serverUnderTest({ tools: [long] });
  const calling = server.send(`${BASE}/tools/long/invoke`, { method: 'POST' });
  await started.promise;
  await server.close({ timeoutMs: 10 });
  const response = await calling;
  expect(response.status).toBe(499);
  expect(await response.json()).toMatchObject({ error: { code: 'CAPSTAN_CANCELLED' } });
});
