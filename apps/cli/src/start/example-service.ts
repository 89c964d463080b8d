import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CapstanError } from '@capstan/sdk';

/*
 * 1. The child has a process group of its own: Ctrl-C in a terminal reaches the parent alone, which drains first.
 * 2. The child ends when its channel closes; `stop` closes it, waits, and kills the whole group of what does not end.
 * 3. Every wait has an end: START_MS for the first report, STOP_MS for the exit.
 */
const START_MS = 15_000;
const STOP_MS = 1500;

/** The usual port of the example service. */
const EXAMPLE_PORT = 7421;

/** What the parent tells the child. */
export interface ExampleOrder {
  readonly port: number;
  readonly token: string;
}

/** What the child answers. */
export type ExampleReport =
  | { readonly kind: 'ready'; readonly url: string }
  | { readonly kind: 'failed'; readonly message: string; readonly portTaken: boolean };

/** The example service, running as a child process. */
export interface ExampleProcess {
  readonly url: string;
  readonly pid: number;
  /** Resolves when the child has ended, for whatever reason. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** Starts the example service on its usual port, or on a free one where that is taken. */
export async function startExampleProcess(token: string, port: number = EXAMPLE_PORT): Promise<ExampleProcess> {
  const { child, report } = await launch({ port, token });
  if (report.kind === 'ready') return asProcess(child, report.url);
  if (report.portTaken && port !== 0) return startExampleProcess(token, 0);
  throw new CapstanError('CAPSTAN_INTERNAL', `the example service does not start: ${report.message}`, {
    hint: 'Start without --with-example, or free its port.',
  });
}

async function launch(order: ExampleOrder): Promise<{ child: ChildProcess; report: ExampleReport }> {
  const extension = extname(import.meta.url);
  const child = fork(fileURLToPath(new URL(`./example-child${extension}`, import.meta.url)), [], {
    detached: true,
    // Nothing of the parent's environment is the service's business.
    env: {},
    // From the sources (in tests) its imports come from the sources too.
    execArgv: extension === '.ts' ? ['--conditions=@capstan/source'] : [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const report = await firstReport(child, order);
    return { child, report };
  } catch (error) {
    killGroup(child);
    throw error;
  }
}

async function firstReport(child: ChildProcess, order: ExampleOrder): Promise<ExampleReport> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), START_MS);
  try {
    const answered = once(child, 'message', { signal: limit.signal }).then(([report]: ExampleReport[]) => report);
    const exited = once(child, 'exit', { signal: limit.signal }).then(
      ([code]: unknown[]): ExampleReport => ({ kind: 'failed', message: `it exited with ${code}`, portTaken: false }),
    );
    child.send(order);
    const report = await Promise.race([answered, exited]);
    if (report === undefined) throw new Error('it sent an empty report');
    return report;
  } catch (cause) {
    throw new CapstanError('CAPSTAN_INTERNAL', `the example service did not start within ${START_MS / 1000} s`, {
      cause,
      hint: 'Start without --with-example.',
    });
  } finally {
    clearTimeout(timer);
    limit.abort();
  }
}

function asProcess(child: ChildProcess, url: string): ExampleProcess {
  const ended = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
  return {
    url,
    pid: child.pid ?? 0,
    ended,
    stop: async () => {
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => killGroup(child), STOP_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: it has ended in the meantime, which is what was wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
