import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CapstanError, type Logger } from '@capstan/sdk';
import type { PostgresBinaries } from './binaries.ts';
import type { ClusterFolder } from './cluster-folder.ts';
import { clusterUrl, ensureDatabase } from './cluster-url.ts';
import { postmasterPath, readPostmasterFile } from './postmaster-file.ts';
import { RestartBudget } from './restart-budget.ts';
import { isServerOf, signal } from './running-process.ts';
import { adoptServer, type ServerProcess, spawnServer } from './server-process.ts';
import type { ServerUser } from './server-user.ts';
import { type SocketFolder, socketFolder } from './socket-folder.ts';
import { waitUntilReady } from './wait-until-ready.ts';

/** What a {@link Supervisor} works with. */
export interface SupervisorParts {
  readonly binaries: PostgresBinaries;
  readonly folder: ClusterFolder;
  readonly password: string;
  readonly user: ServerUser | undefined;
  readonly logger: Logger | undefined;
}

type State =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'running'; readonly server: ServerProcess }
  /** It ended by itself, and is being started again. */
  | { readonly kind: 'restarting' }
  /** It ended too often. */
  | { readonly kind: 'given_up' };

const READY_TIMEOUT_MS = 60_000;
/** Processes of a server that was killed hold its memory until they notice, which takes them a moment. */
const START_TRIES = 40;
const START_PAUSE_MS = 250;
/** How long `stop` waits after each signal, in their order; see Postgres' "Shutting Down the Server". */
const STOP_STEPS = [
  { name: 'SIGTERM', waitMs: 1000 },
  { name: 'SIGINT', waitMs: 2000 },
  { name: 'SIGQUIT', waitMs: 1000 },
] as const;

/**
 * Keeps one server running.
 *
 * 1. `state` says what is wanted and what is there; only its own server's end starts another one.
 * 2. The socket stays where it is as long as the supervisor lives, so that the URL stays true.
 * 3. After `stop` nothing is started.
 */
export class Supervisor {
  readonly #parts: SupervisorParts;
  readonly #budget = new RestartBudget(Date.now);
  #socket: SocketFolder;
  #state: State = { kind: 'stopped' };

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    const running = readPostmasterFile(parts.folder);
    const isOurs = running !== undefined && isServerOf(running.pid, parts.folder.data);
    this.#socket = isOurs
      ? { path: running.socketFolder, remove: () => undefined }
      : socketFolder(parts.folder, parts.user);
  }

  /** Of the database for Capstan. */
  get url(): string {
    return clusterUrl({ socketFolder: this.#socket.path, password: this.#parts.password });
  }

  get pid(): number {
    return this.#state.kind === 'running' ? this.#state.server.pid : 0;
  }

  async start(): Promise<'started' | 'adopted'> {
    const adopted = await this.#adopt();
    const server = adopted ?? (await this.#spawn());
    await ensureDatabase({ socketFolder: this.#socket.path, password: this.#parts.password });
    this.#watch(server);
    return adopted === undefined ? 'started' : 'adopted';
  }

  async stop(): Promise<void> {
    const state = this.#state;
    this.#state = { kind: 'stopped' };
    if (state.kind === 'running') await end(state.server);
    this.#socket.remove();
  }

  endNow(): void {
    const state = this.#state;
    this.#state = { kind: 'stopped' };
    if (state.kind === 'running') signal(state.server.pid, 'SIGINT');
  }

  /** A server that runs already; undefined when there is none, or it ends before it is ready. */
  async #adopt(): Promise<ServerProcess | undefined> {
    const { folder } = this.#parts;
    const file = readPostmasterFile(folder);
    if (file === undefined) return undefined;
    if (!isServerOf(file.pid, folder.data)) {
      // Postgres would take a stranger with this number for its own server.
      rmSync(postmasterPath(folder), { force: true });
      return undefined;
    }
    const server = adoptServer(file.pid, folder);
    return (await this.#isReady(server)) ? server : undefined;
  }

  async #spawn(): Promise<ServerProcess> {
    const { binaries, folder, user } = this.#parts;
    for (let tries = 1; tries <= START_TRIES; tries += 1) {
      const server = await spawnServer({ binaries, folder, socketFolder: this.#socket.path, user });
      if (await this.#isReady(server)) return server;
      await sleep(START_PAUSE_MS);
    }
    throw new CapstanError('CAPSTAN_STORE_UNAVAILABLE', 'the embedded database ends as soon as it is started', {
      hint: `Read ${folder.logPath}.`,
    });
  }

  async #isReady(server: ServerProcess): Promise<boolean> {
    const url = clusterUrl({ socketFolder: this.#socket.path, password: this.#parts.password, database: 'postgres' });
    return (await waitUntilReady({ url, server, timeoutMs: READY_TIMEOUT_MS })).kind === 'ready';
  }

  #watch(server: ServerProcess): void {
    this.#state = { kind: 'running', server };
    void server.ended.then(() => this.#restart(server));
  }

  async #restart(server: ServerProcess): Promise<void> {
    if (this.#state.kind !== 'running' || this.#state.server !== server) return;
    const { logger, folder } = this.#parts;
    if (!this.#budget.take()) {
      this.#state = { kind: 'given_up' };
      logger?.error('the embedded database ended too often and is not started again', { log: folder.logPath });
      return;
    }
    this.#state = { kind: 'restarting' };
    logger?.warn('the embedded database ended by itself and is started again', { log: folder.logPath });
    try {
      const next = (await this.#adopt()) ?? (await this.#spawn());
      if (this.#isWanted()) this.#watch(next);
      else await end(next);
    } catch (cause) {
      if (this.#isWanted()) this.#state = { kind: 'given_up' };
      logger?.error('the embedded database could not be started again', { cause });
    }
  }

  /** It may have been stopped while it was started. */
  #isWanted(): boolean {
    return this.#state.kind === 'restarting';
  }
}

/** Asks a server to end, more firmly step by step. After the last one it recovers at its next start, and loses nothing. */
async function end(server: ServerProcess): Promise<void> {
  let hasEnded = false;
  const ended = server.ended.then(() => {
    hasEnded = true;
  });
  for (const { name, waitMs } of STOP_STEPS) {
    if (!signal(server.pid, name)) return;
    const timer = new AbortController();
    await Promise.race([ended, sleep(waitMs, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
    if (hasEnded) return;
  }
}
