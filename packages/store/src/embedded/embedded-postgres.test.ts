import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { workspace } from '../contract/samples.test.support.ts';
import { openPostgresStore } from '../postgres/open-postgres-store.ts';
import { makeDataFolder } from '../test-kit/data-folder.test.support.ts';
import { prepareClusterFolder } from './cluster-folder.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts';
import { reachableBinaries } from './reachable-binaries.ts';
import { isServerOf } from './running-process.ts';

let folder: ReturnType<typeof makeDataFolder>;
let servers: EmbeddedPostgres[];

beforeEach(() => {
  folder = makeDataFolder();
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await server.stop();
  folder.remove();
});

async function start(path: string = folder.path): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ folder: path });
  servers.push(server);
  return server;
}

test('a server is made once, and what was written is there after the next start', async () => {
  const first = await start();
  expect(first.origin).toBe('made');
  const store = await openPostgresStore({ url: first.url });
  await store.change((writer) => writer.workspaces.put(workspace('support')));
  await store.close();
  const { pid } = first;
  await first.stop();
  expect(isServerOf(pid, join(folder.path, 'postgres', 'data'))).toBe(false);
  const second = await start();
  expect(second.origin).toBe('started');
  const again = await openPostgresStore({ url: second.url });
  expect((await again.snapshot()).workspaces.map(({ slug }) => slug)).toEqual(['support']);
  await again.close();
});

test('nobody else can read the cluster, its log or its password', async () => {
  await start();
  const mode = (name: string) => statSync(join(folder.path, name)).mode & 0o777;
  expect([mode('postgres'), mode('postgres-password'), mode('postgres.log')]).toEqual([0o700, 0o600, 0o600]);
  expect(statSync(join(folder.path, 'postgres-password')).uid).toBe(process.getuid?.());
});

test('the server listens on no network, runs in a group of its own, and never as root', async () => {
  const { pid } = await start();
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  expect(Number(/^Uid:\s+(\d+)/m.exec(status)?.[1])).not.toBe(0);
  const [, , group] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  expect(group).toBe(String(pid));
  const sockets = readFileSync(`/proc/${pid}/net/tcp`, 'utf8');
  const port5432 = (5432).toString(16).toUpperCase();
  expect(sockets.split('\n').filter((line) => line.includes(`:${port5432} 00000000:0000`))).toEqual([]);
});

test('a wrong password opens nothing, and stands in no message', async () => {
  const { url } = await start();
  const password = new URL(url).password;
  const wrong = url.replace(password, 'wrong-password');
  const error: unknown = await openPostgresStore({ url: wrong }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'CAPSTAN_STORE_UNAVAILABLE', retriable: false });
  expect(JSON.stringify(error) + String(error)).not.toContain('wrong-password');
});

test('a server that is killed is started again at the same place, and loses no acknowledged write', async () => {
  const server = await start();
  const store = await openPostgresStore({ url: server.url });
  const killed = server.pid;
  const written: string[] = [];
  let isDown = false;
  for (let index = 0; index < 400; index += 1) {
    const slug = `w${index}`;
    try {
      await store.change((writer) => writer.workspaces.put(workspace(slug)));
      written.push(slug);
    } catch (error) {
      expect(error).toMatchObject({ code: 'CAPSTAN_STORE_UNAVAILABLE', retriable: true });
      isDown = true;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    // In the middle of the writes that follow.
    if (index === 50) process.nextTick(() => process.kill(killed, 'SIGKILL'));
    if (isDown && server.pid !== 0 && server.pid !== killed && written.at(-1) === slug) break;
  }
  expect(isDown).toBe(true);
  expect(server.pid).not.toBe(killed);
  const { workspaces } = await store.snapshot();
  expect(workspaces.map(({ slug }) => slug)).toEqual(expect.arrayContaining(written));
  expect(written.length).toBeGreaterThan(50);
  await store.close();
});

const HOST = `
  import { startEmbeddedPostgres } from ${JSON.stringify(new URL('embedded-postgres.ts', import.meta.url).href)};
  import { openPostgresStore } from ${JSON.stringify(new URL('../postgres/open-postgres-store.ts', import.meta.url).href)};
  const server = await startEmbeddedPostgres({ folder: process.argv[1] });
  const store = await openPostgresStore({ url: server.url });
  for (let index = 0; index < 10_000; index += 1) {
    const slug = 'w' + index;
    await store.change((writer) =>
      writer.workspaces.put({ slug, tenant: 'default', name: slug, settings: {}, createdAt: 0, createdBy: 'test' }));
    console.log(JSON.stringify({ pid: server.pid, slug }));
  }
`;

test('a host that is killed in the middle of writes leaves its server running, and the next host takes it over', async () => {
  const args = ['--conditions=@capstan/source', '--input-type=module', '-e', HOST, folder.path];
  const host = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: string[] = [];
  let pid = 0;
  for await (const line of createInterface({ input: host.stdout })) {
    const written: { readonly pid: number; readonly slug: string } = JSON.parse(line);
    acknowledged.push(written.slug);
    pid = written.pid;
    if (acknowledged.length === 20) host.kill('SIGKILL');
  }
  if (host.exitCode === null && host.signalCode === null) await once(host, 'exit');
  expect(host.signalCode).toBe('SIGKILL');
  expect(isServerOf(pid, join(folder.path, 'postgres', 'data'))).toBe(true);
  const server = await start();
  expect(server).toMatchObject({ origin: 'adopted', pid });
  const store = await openPostgresStore({ url: server.url });
  const { workspaces } = await store.snapshot();
  expect(workspaces.map(({ slug }) => slug)).toEqual(expect.arrayContaining(acknowledged));
  await store.close();
  await server.stop();
  expect(isServerOf(pid, join(folder.path, 'postgres', 'data'))).toBe(false);
});

test('a process that took the number of a server that is gone is not taken for it', async () => {
  const first = await start();
  await first.stop();
  const pidFile = join(folder.path, 'postgres', 'data', 'postmaster.pid');
  writeFileSync(pidFile, `${process.pid}\n${join(folder.path, 'postgres', 'data')}\n0\n5432\n${folder.path}\n\n`);
  const second = await start();
  expect(second.origin).toBe('started');
});

test('a cluster that a crash left half made is made anew', async () => {
  mkdirSync(join(folder.path, 'postgres', 'data.new', 'base'), { recursive: true });
  writeFileSync(join(folder.path, 'postgres', 'data.new', 'PG_VERSION'), '18\n');
  expect((await start()).origin).toBe('made');
  expect(existsSync(join(folder.path, 'postgres', 'data.new'))).toBe(false);
});

test('a cluster of another major version is refused, with the way out', async () => {
  mkdirSync(join(folder.path, 'postgres', 'data'), { recursive: true });
  writeFileSync(join(folder.path, 'postgres', 'data', 'PG_VERSION'), '17\n');
  await expect(start()).rejects.toMatchObject({
    code: 'CAPSTAN_CONFIG_INVALID',
    message: expect.stringContaining('Postgres 17'),
    hint: expect.stringContaining('CAPSTAN_DATABASE_URL'),
  });
});

test('a cluster whose password is gone is not opened, and not made anew', async () => {
  const first = await start();
  await first.stop();
  rmSync(join(folder.path, 'postgres-password'));
  await expect(start()).rejects.toMatchObject({ code: 'CAPSTAN_CONFIG_INVALID' });
});

test('a folder whose path is too long for a socket gets one elsewhere', async () => {
  const deep = join(folder.path, 'a'.repeat(60), 'b'.repeat(60));
  mkdirSync(deep, { recursive: true, mode: 0o711 });
  const server = await start(deep);
  const store = await openPostgresStore({ url: server.url });
  await store.check();
  await store.close();
  const socketFolder = decodeURIComponent(new URL(server.url).hostname);
  expect(socketFolder.startsWith(folder.path)).toBe(false);
  expect(statSync(socketFolder).mode & 0o777).toBe(0o700);
  await server.stop();
  expect(existsSync(socketFolder)).toBe(false);
});

// Only root runs the server as somebody else.
test.runIf(process.getuid?.() === 0)(
  'as root, a folder that nobody cannot reach is refused with the way out',
  async () => {
    const closed = join(folder.path, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    await expect(start(closed)).rejects.toMatchObject({
      code: 'CAPSTAN_CONFIG_INVALID',
      message: expect.stringContaining(closed),
      hint: expect.stringContaining('CAPSTAN_DATA'),
    });
  },
);

test.runIf(process.getuid?.() === 0)('as root, binaries that nobody cannot reach are copied to where it can', () => {
  const closed = join(folder.path, 'installed');
  const user = { uid: 65_534, gid: 65_534 };
  const installed = { postgres: join(closed, 'bin', 'postgres'), initdb: join(closed, 'bin', 'initdb') };
  mkdirSync(join(closed, 'bin'), { recursive: true });
  for (const path of Object.values(installed)) writeFileSync(path, 'program', { mode: 0o755 });
  const cluster = prepareClusterFolder(folder.path, user);
  expect(reachableBinaries(installed, cluster, user)).toEqual(installed);
  chmodSync(closed, 0o700);
  const copied = reachableBinaries(installed, cluster, user);
  expect(copied.postgres.startsWith(cluster.path)).toBe(true);
  expect([readFileSync(copied.postgres, 'utf8'), readFileSync(copied.initdb, 'utf8')]).toEqual(['program', 'program']);
  expect(statSync(copied.postgres).mode & 0o555).toBe(0o555);
});
