import { type ClientCapabilities, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import { isSameCaller } from './caller-info.ts';
import { type CatalogServerParts, createCatalogServer, pushCatalogChanges } from './catalog-server.ts';
import { logLevelOf } from './client-channel.ts';
import type { McpCaller } from './gateway.ts';

/** Limits of {@link LegacySessions}. */
export interface LegacySessionLimits {
  /** In all. */
  readonly total: number;
  readonly perCaller: number;
  /** After this long without a request or an open stream, a session may be forgotten. In ms. */
  readonly idleMs: number;
}

/** One session of a revision that has them (2025-11-25 and older). */
export interface LegacySession {
  readonly transport: WebStandardStreamableHTTPServerTransport;
  /** Marks a request as running; call the returned function when its response is over. */
  enter(call?: CancellableCall): () => void;
  /** What the client said when it initialised. */
  clientCapabilities(): ClientCapabilities | undefined;
  /** The log level that the client set. */
  logLevel(): string | undefined;
  /** Cancels a call that entered as cancellable; the SDK knows those that it runs itself. */
  cancelCall(id: unknown): void;
}

/** A call that runs outside the SDK. */
export interface CancellableCall {
  readonly id: string | number;
  cancel(): void;
}

interface Entry extends LegacySession {
  readonly caller: McpCaller;
  readonly close: () => Promise<void>;
  readonly calls: Map<unknown, CancellableCall>;
  running: number;
  lastUsed: number;
}

const SWEEPS_PER_IDLE_TIME = 4;

/**
 * The sessions that clients of 2025-11-25 and older need for cancellation, questions and change notices.
 *
 * 1. Clients hardly ever end a session, so the number is bounded, in all and per caller: to make room, the one that was
 *    idle longest is closed. One with a running request or an open stream is never closed for another.
 * 2. Where no room can be made, {@link LegacySessions.open} gives nothing, and the client is served without a session.
 * 3. A session belongs to the caller that opened it; for anybody else it does not exist.
 * 4. A forgotten session is unknown (404), and the client starts a new one.
 * 5. What was idle too long is closed by a timer, which runs only while there are sessions.
 */
export class LegacySessions {
  readonly #entries = new Map<string, Entry>();
  readonly #limits: LegacySessionLimits;
  readonly #parts: CatalogServerParts;
  readonly #now: () => number;
  readonly #newId: () => string;
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: {
    readonly parts: CatalogServerParts;
    readonly limits: LegacySessionLimits;
    readonly now: () => number;
    readonly newId: () => string;
  }) {
    this.#parts = options.parts;
    this.#limits = options.limits;
    this.#now = options.now;
    this.#newId = options.newId;
  }

  get size(): number {
    return this.#entries.size;
  }

  find(id: string, caller: McpCaller): LegacySession | undefined {
    const entry = this.#entries.get(id);
    return entry !== undefined && isSameCaller(entry.caller, caller) ? entry : undefined;
  }

  /** A session for a client that is about to initialise; undefined where there is no room. */
  async open(caller: McpCaller): Promise<LegacySession | undefined> {
    await this.#closeIdle();
    if (!(await this.#makeRoom(caller))) return undefined;
    const id = this.#newId();
    const transport = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: () => id });
    const server = createCatalogServer(this.#parts, caller);
    pushCatalogChanges(server, this.#parts, caller);
    const stopPushing = server.onclose;
    const calls: Entry['calls'] = new Map();
    server.onclose = () => {
      stopPushing?.();
      this.#entries.delete(id);
      for (const call of calls.values()) call.cancel();
    };
    await server.connect(transport);
    const entry: Entry = {
      transport,
      caller,
      close: () => server.close(),
      calls,
      running: 0,
      lastUsed: this.#now(),
      enter: (call) => this.#enter(entry, call),
      clientCapabilities: () => server.getClientCapabilities(),
      logLevel: () => logLevelOf(server),
      cancelCall: (callId) => calls.get(callId)?.cancel(),
    };
    this.#entries.set(id, entry);
    this.#sweep ??= setInterval(() => void this.#closeIdle(), this.#limits.idleMs / SWEEPS_PER_IDLE_TIME).unref();
    return entry;
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.all([...this.#entries.values()].map((entry) => entry.close()));
  }

  #enter(entry: Entry, call: CancellableCall | undefined): () => void {
    let isOver = false;
    entry.running += 1;
    if (call !== undefined) entry.calls.set(call.id, call);
    return () => {
      if (isOver) return;
      isOver = true;
      if (call !== undefined && entry.calls.get(call.id) === call) entry.calls.delete(call.id);
      entry.running -= 1;
      entry.lastUsed = this.#now();
    };
  }

  async #closeIdle(): Promise<void> {
    const oldest = this.#now() - this.#limits.idleMs;
    const idle = [...this.#entries.values()].filter((entry) => entry.running === 0 && entry.lastUsed < oldest);
    await Promise.all(idle.map((entry) => entry.close()));
    if (this.#entries.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  async #makeRoom(caller: McpCaller): Promise<boolean> {
    const own = [...this.#entries.values()].filter((entry) => isSameCaller(entry.caller, caller));
    if (own.length >= this.#limits.perCaller) return closeLongestIdle(own);
    if (this.#entries.size < this.#limits.total) return true;
    return closeLongestIdle([...this.#entries.values()]);
  }
}

async function closeLongestIdle(entries: readonly Entry[]): Promise<boolean> {
  const idle = entries.filter((entry) => entry.running === 0);
  if (idle.length === 0) return false;
  const longest = idle.reduce((one, other) => (other.lastUsed < one.lastUsed ? other : one));
  await longest.close();
  return true;
}
