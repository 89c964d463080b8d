import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, test } from 'vitest';
import { openRedis, type RedisConnection, type RedisOptions } from '../redis/redis-connection.ts';

/** A Redis server of a test. */
export interface RedisUnderTest {
  readonly url: string;
  /** Ends the process; it keeps its port to itself, so that `start` brings the same address back. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Lets it answer nothing, with its connections open. */
  freeze(): void;
  thaw(): void;
}

const START_TRIES = 200;
const PAUSE_MS = 25;

/** Whether this machine has a Redis server. */
export const hasRedis: boolean = redisVersion() !== undefined;

/** Says that tests with Redis do not run here; where they must, that is a failure. */
export function tellMissingRedis(): void {
  if (hasRedis) return;
  const reason = 'no redis-server on this machine: install it (Debian: apt-get install redis-server)';
  if (process.env.CI === 'true') {
    test('a Redis server is there', () => {
      throw new Error(reason);
    });
  } else {
    process.stderr.write(`tests with Redis did not run: ${reason}\n`);
    test.skip(`tests with Redis did not run: ${reason}`, () => undefined);
  }
}

function redisVersion(): string | undefined {
  try {
    return execFileSync('redis-server', ['--version'], { encoding: 'utf8' });
  } catch {
    // Told by `tellMissingRedis`.
    return undefined;
  }
}

/** Starts a server on a free port, with nothing kept on disk; it is gone after the test. */
export async function redisServer(): Promise<RedisUnderTest> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'capstan-redis-'));
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const flags = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
    child = spawn('redis-server', flags, { stdio: 'ignore' });
    await untilAnswers(port);
  };
  const stop = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    await gone;
  };
  onTestFinished(async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    stop,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  };
}

/** A connection to a server, closed after the test. */
export async function connectionTo(
  server: RedisUnderTest,
  options: Partial<RedisOptions> = {},
): Promise<RedisConnection> {
  // A machine that is busy with other tests may be slow, and these tests are not about that.
  const connection = await openRedis({ url: server.url, timeoutMs: 5_000, ...options });
  onTestFinished(() => connection.close());
  return connection;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function untilAnswers(port: number): Promise<void> {
  for (let tries = 0; tries < START_TRIES; tries += 1) {
    const probe = await openRedis({ url: `redis://127.0.0.1:${port}`, timeoutMs: 1_000 });
    const { isReady } = probe;
    await probe.close();
    if (isReady) return;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new Error('the Redis server did not start');
}
