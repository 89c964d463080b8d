import { CapstanError, type Clock, type JsonObject } from '@capstan/sdk';
import type { UpstreamSession } from './session.ts';
import type { SessionSharing } from './upstream-server.ts';

/** Whose session is asked for. */
export interface SessionOwner {
  readonly workspace: string;
  readonly principal: string;
  /** What the calling client can do: an older server learns it once, so that it is part of the session. */
  readonly capabilities: JsonObject;
}

/** Opens a session for an owner. */
export type OpenSession = (owner: SessionOwner, onGone: () => void) => Promise<UpstreamSession>;

/** Who shares sessions, and how many there may be. */
export interface ShelfOptions {
  readonly share: SessionSharing;
  readonly sessions: number;
  readonly idleMs: number;
  readonly clock: Clock;
}

interface Slot {
  readonly key: string;
  readonly opening: Promise<UpstreamSession>;
  session: UpstreamSession | undefined;
  users: number;
  lastUsed: number;
}

/**
 * The sessions of callers with one server.
 *
 * 1. A session belongs to one principal of one workspace, and one set of client capabilities; wider only as `share` says.
 * 2. There are at most `sessions`: the one that was idle longest makes room, and one in use never does.
 * 3. One that nobody used for `idleMs` is closed; one that ended by itself is forgotten.
 */
export class SessionShelf {
  readonly #slots = new Map<string, Slot>();
  readonly #open: OpenSession;
  readonly #options: ShelfOptions;
  #sweep: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(open: OpenSession, options: ShelfOptions) {
    this.#open = open;
    this.#options = options;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** Requests under way. */
  get load(): number {
    return [...this.#slots.values()].reduce((sum, { session }) => sum + (session?.load ?? 0), 0);
  }

  /** Works with the owner's session, which is opened when there is none. */
  async use<Result>(owner: SessionOwner, work: (session: UpstreamSession) => Promise<Result>): Promise<Result> {
    const slot = this.#slotOf(owner);
    slot.users += 1;
    try {
      return await work(slot.session ?? (await slot.opening));
    } finally {
      slot.users -= 1;
      slot.lastUsed = this.#options.clock.now();
      this.#scheduleSweep();
    }
  }

  /** Forgets the owner's session, where it is over. */
  forgetEnded(owner: SessionOwner): void {
    const slot = this.#slots.get(this.#keyOf(owner));
    if (slot?.session !== undefined && !slot.session.isOpen) this.#forget(slot);
  }

  /** Closes every session. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#sweep);
    await this.closeAll();
  }

  /** Closes every session there is now. */
  async closeAll(): Promise<void> {
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    await Promise.all(slots.map(closeSlot));
  }

  #slotOf(owner: SessionOwner): Slot {
    const key = this.#keyOf(owner);
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    if (this.#isClosed) throw new CapstanError('CAPSTAN_DRAINING', 'the MCP server is being disconnected');
    this.#makeRoom();
    const slot: Slot = {
      key,
      opening: this.#open(owner, () => this.#forget(slot)),
      session: undefined,
      users: 0,
      lastUsed: this.#options.clock.now(),
    };
    this.#slots.set(key, slot);
    slot.opening.then(
      (session) => {
        slot.session = session;
      },
      () => this.#forget(slot),
    );
    return slot;
  }

  /** 1 */
  #keyOf({ workspace, principal, capabilities }: SessionOwner): string {
    switch (this.#options.share) {
      case 'host':
        return 'host';
      case 'workspace':
        return workspace;
      case 'principal':
        return `${workspace}\n${principal}\n${textOf(capabilities)}`;
    }
  }

  /** 2 */
  #makeRoom(): void {
    if (this.#slots.size < this.#options.sessions) return;
    const idle = [...this.#slots.values()].filter(({ users }) => users === 0);
    const [first] = idle.sort((one, other) => one.lastUsed - other.lastUsed);
    if (first === undefined) {
      throw new CapstanError('CAPSTAN_REMOTE_UNAVAILABLE', 'as many callers use the MCP server as may at a time', {
        hint: 'Call again when some of the running calls are over.',
        retriable: true,
      });
    }
    this.#discard(first);
  }

  #forget(slot: Slot): void {
    if (this.#slots.get(slot.key) === slot) this.#slots.delete(slot.key);
  }

  #discard(slot: Slot): void {
    this.#forget(slot);
    void closeSlot(slot);
  }

  /** 3 */
  #scheduleSweep(): void {
    if (this.#sweep !== undefined || this.#isClosed) return;
    this.#sweep = setTimeout(() => {
      this.#sweep = undefined;
      const oldest = this.#options.clock.now() - this.#options.idleMs;
      for (const slot of this.#slots.values()) if (slot.users === 0 && slot.lastUsed <= oldest) this.#discard(slot);
      if (this.#slots.size > 0) this.#scheduleSweep();
    }, this.#options.idleMs);
    this.#sweep.unref();
  }
}

const texts = new WeakMap<JsonObject, string>();

/** The same object comes with every call of a client. */
function textOf(capabilities: JsonObject): string {
  const known = texts.get(capabilities);
  if (known !== undefined) return known;
  const text = JSON.stringify(capabilities);
  texts.set(capabilities, text);
  return text;
}

/** One that did not open needs no closing. */
async function closeSlot(slot: Slot): Promise<void> {
  const session = await slot.opening.catch(() => undefined);
  await session?.close();
}
