import { CapstanError, type Clock, type ToolConnection } from '@capstan/sdk';
import type { BegunAuthorization } from './oauth-client.ts';

/** An authorization whose browser has not come back. */
export interface PendingAuthorization {
  readonly connection: ToolConnection;
  readonly begun: BegunAuthorization;
  readonly redirectUri: string;
  readonly expiresAt: number;
}

const LIFE_MS = 10 * 60_000;
const MAX_PENDING = 1_000;

/**
 * 1. A state is good once, and for ten minutes.
 * 2. Never more than 1,000 wait: the oldest gives way.
 */
export class PendingAuthorizations {
  readonly #clock: Clock;
  readonly #byState = new Map<string, PendingAuthorization>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#byState.size;
  }

  add(pending: Omit<PendingAuthorization, 'expiresAt'>): PendingAuthorization {
    this.#forgetEnded();
    const [oldest] = this.#byState.keys();
    if (this.#byState.size >= MAX_PENDING && oldest !== undefined) this.#byState.delete(oldest); // 2
    const added = { ...pending, expiresAt: this.#clock.now() + LIFE_MS };
    this.#byState.set(pending.begun.state, added);
    return added;
  }

  /** @throws CapstanError `CAPSTAN_INVALID_REQUEST` where nobody began this, or it was too long ago. */
  take(state: string | null): PendingAuthorization {
    const pending = state === null ? undefined : this.#byState.get(state);
    if (state !== null) this.#byState.delete(state); // 1
    if (pending !== undefined && pending.expiresAt > this.#clock.now()) return pending;
    throw new CapstanError(
      'CAPSTAN_INVALID_REQUEST',
      'Nobody waits for this sign-in: it was used already, or begun too long ago.',
      {
        hint: 'Begin again with "capstan connection authorize".',
      },
    );
  }

  /** Nobody signs in for this connection any more. */
  forget({ workspaceId, id }: ToolConnection): void {
    for (const [state, { connection }] of this.#byState) {
      if (connection.workspaceId === workspaceId && connection.id === id) this.#byState.delete(state);
    }
  }

  #forgetEnded(): void {
    const now = this.#clock.now();
    for (const [state, { expiresAt }] of this.#byState) if (expiresAt <= now) this.#byState.delete(state);
  }
}
