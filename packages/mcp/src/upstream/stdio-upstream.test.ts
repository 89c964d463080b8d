import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { channelOf, ownerOf, textOf, upstreamOn } from '../test-kit/upstream-under-test.ts';

const SERVER = join(import.meta.dirname, '../test-kit/stdio-server.ts');
const HOLDER = join(import.meta.dirname, '../test-kit/stdio-holder.ts');
const node = (...args: string[]) => ({ command: process.execPath, args: [SERVER, ...args] });

describe.skipIf(process.platform === 'win32')('a server over stdio', () => {
  test('one process serves all calls of a principal, and sees only its declared environment', async () => {
    const environment = { PATH: process.env.PATH ?? '', OWN: 'x' };
    const { upstream, call, log } = upstreamOn({ ...node(), environment });
    const pids = [await call('pid'), await call('pid'), await call('pid')].map(textOf);
    expect(new Set(pids).size).toBe(1);
    expect(upstream.handshake?.version).toBe('2025-11-25');
    const names = Object.keys(JSON.parse(textOf(await call('environment'))));
    expect(names.filter((name) => !name.startsWith('__CF'))).toEqual(['PATH', 'OWN']);
    expect(JSON.stringify(log)).toContain('hello from stderr');
  });

  test('principals have processes of their own, unless the operator shares', async () => {
    const own = upstreamOn(node());
    const [one, two] = [await own.call('pid'), await own.call('pid', {}, { owner: ownerOf('two') })].map(textOf);
    expect(one).not.toBe(two);
    const shared = upstreamOn(node(), { share: 'workspace' });
    const both = [await shared.call('pid'), await shared.call('pid', {}, { owner: ownerOf('two') })].map(textOf);
    expect(new Set(both).size).toBe(1);
  });

  test('closing leaves no process, helpers and stubborn ones included', async () => {
    const { upstream, call } = upstreamOn(node('with-helper', 'stubborn'));
    const pid = textOf(await call('pid'));
    const group = await processesOf(pid);
    expect(group.length).toBeGreaterThanOrEqual(2);
    await upstream.close();
    await expect.poll(() => processesOf(pid)).toEqual([]);
  });

  test('a process that ends by itself is started again for the next call, and its helpers go with it', async () => {
    const { call } = upstreamOn(node('with-helper'));
    const first = textOf(await call('pid'));
    await expect(call('die')).rejects.toMatchObject({ code: 'CAPSTAN_REMOTE_UNREACHABLE' });
    await expect.poll(() => processesOf(first)).toEqual([]);
    expect(textOf(await call('pid'))).not.toBe(first);
  });

  test('one that keeps ending is left alone for a while', async () => {
    const { call } = upstreamOn(node(), { limits: { restarts: 3, restartWindowMs: 60_000 } });
    for (let count = 0; count < 3; count += 1) await expect(call('die')).rejects.toThrow();
    await expect(call('pid')).rejects.toThrow(/ended 3 times within 1 minutes/);
  });

  test('a command that does not exist is degraded, with the reason', async () => {
    const { upstream } = upstreamOn({ command: 'no-such-command-of-capstan' });
    await upstream.settled();
    expect(upstream.state).toMatchObject({ kind: 'degraded', reason: { code: 'CAPSTAN_REMOTE_UNREACHABLE' } });
  });

  test('when the gateway is killed with SIGKILL, its servers end: stdin closes', async () => {
    const holder = spawn(process.execPath, ['--conditions=@capstan/source', HOLDER, SERVER], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(holder.stdout, 'data')) as [Buffer];
    const pid = line.toString().trim();
    expect(await processesOf(pid)).not.toEqual([]);
    holder.kill('SIGKILL');
    await expect.poll(() => processesOf(pid), { timeout: 10_000 }).toEqual([]);
  });
});

test('a hundred calls, a restart and an idle time leave as many processes as there are sessions', async () => {
  const { upstream, call } = upstreamOn(node(), { limits: { idleMs: 5_000 } });
  const pids = new Set<string>();
  for (let count = 0; count < 100; count += 1) {
    const owner = ownerOf(`principal ${count % 3}`);
    pids.add(textOf(await call('pid', {}, { owner, channel: channelOf(() => ({})) })));
  }
  expect(pids.size).toBe(3);
  await expect.poll(() => upstream.sessions, { timeout: 20_000 }).toBe(0);
  for (const pid of pids) await expect.poll(() => processesOf(pid)).toEqual([]);
});

/** The living processes of a process group. */
async function processesOf(group: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,pgid=,stat=']);
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/));
  return rows.flatMap(([pid = '', pgid, stat = '']) => (pgid === group && !stat.startsWith('Z') ? [pid] : []));
}
