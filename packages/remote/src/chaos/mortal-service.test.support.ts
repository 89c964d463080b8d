import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Behaviour, NOTHING_DONE } from './behaviours.test.support.ts';

const PROCESS = fileURLToPath(new URL('./misbehaving-process.test.support.ts', import.meta.url));

/** What the service itself counted. */
export interface ServiceCounts {
  /** Whole requests that came. */
  readonly requests: number;
  /** Works that were done. */
  readonly effects: number;
  /** Keys whose work was done more than once. */
  readonly doubled: readonly string[];
  /** Keys that came again although no answer had said that nothing was done. */
  readonly repeated: readonly string[];
  /** Keys that came again after an answer that said so. */
  readonly repeatedWithReason: number;
}

/** A service that can be killed and started again, at the same port. */
export interface MortalService {
  readonly url: string;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** What all services of a run write down, in the order in which it happened. */
export interface ServiceLog {
  readonly path: string;
  /** Counts what happened to keys that begin so. */
  counts(prefix: string): ServiceCounts;
  remove(): void;
}

/** Begins a log. Each line is written at once and appended, so that several processes may share it. */
export function serviceLog(): ServiceLog {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-chaos-'));
  const path = join(folder, 'log');
  writeFileSync(path, '');
  return {
    path,
    counts: (prefix) => countsIn(readFileSync(path, 'utf8'), prefix),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Starts one; without behaviours it shows all of them, half of the time success. */
export async function mortalService(
  log: ServiceLog,
  seed: number,
  behaviours: readonly Behaviour[] = [],
): Promise<MortalService> {
  let life = 0;
  let child: ChildProcess | undefined;
  const start = async (port: number): Promise<number> => {
    life += 1;
    child = fork(PROCESS, [String(port), log.path, String(seed + life), ...behaviours], {
      execArgv: [],
      stdio: 'ignore',
    });
    const [message]: unknown[] = await once(child, 'message');
    return portIn(message);
  };
  const kill = async (): Promise<void> => {
    const dying = child;
    child = undefined;
    if (dying === undefined) return;
    const gone = once(dying, 'exit');
    dying.kill('SIGKILL');
    await gone;
  };
  const port = await start(0);
  return {
    url: `http://127.0.0.1:${port}`,
    kill,
    restart: async () => void (await start(port)),
  };
}

function portIn(message: unknown): number {
  if (typeof message === 'object' && message !== null && 'port' in message && typeof message.port === 'number') {
    return message.port;
  }
  throw new Error('the service did not say its port');
}

function countsIn(log: string, prefix: string): ServiceCounts {
  const answers = new Map<string, string[]>();
  const effects = new Map<string, number>();
  for (const line of log.split('\n')) {
    const [kind, key = '', behaviour = ''] = line.split(' ');
    if (!key.startsWith(prefix)) continue;
    if (kind === 'R') answers.set(key, [...(answers.get(key) ?? []), behaviour]);
    else if (kind === 'E') effects.set(key, (effects.get(key) ?? 0) + 1);
  }
  const again = [...answers].filter(([, given]) => given.length > 1);
  const hadReason = ([, given]: readonly [string, readonly string[]]): boolean =>
    given.slice(0, -1).every((behaviour) => NOTHING_DONE.has(behaviour));
  return {
    requests: [...answers.values()].reduce((sum, given) => sum + given.length, 0),
    effects: [...effects.values()].reduce((sum, count) => sum + count, 0),
    doubled: [...effects].filter(([, count]) => count > 1).map(([key]) => key),
    repeated: again.filter((entry) => !hadReason(entry)).map(([key]) => key),
    repeatedWithReason: again.filter(hadReason).length,
  };
}
