import type { JsonObject } from '@capstan/sdk';
import { isSameCaller } from './caller-info.ts';
import type { McpCaller } from './gateway.ts';
import type { LiveCall } from './live-call.ts';

/** What a request must repeat to get a parked call back. */
export interface ParkedCallClaim {
  readonly caller: McpCaller;
  readonly method: string;
  /** Of the tool or prompt, or a resource's URI. */
  readonly name: string;
  readonly arguments: JsonObject;
}

interface Parked<Answer> {
  readonly call: LiveCall<Answer>;
  readonly claim: ParkedCallClaim;
}

/**
 * Calls that wait for their user's answer between two requests of the client.
 *
 * 1. A ticket is random, opens one call once, and only for the caller and request that it was given for.
 * 2. A call leaves with its ticket or when it is over (its deadline ends it), so nothing stays for ever; the number is
 *    bounded beside that, in all and per caller.
 */
export class ParkedCalls<Answer> {
  readonly #parked = new Map<string, Parked<Answer>>();
  readonly #capacity: number;
  readonly #perCaller: number;
  readonly #newTicket: () => string;

  constructor(options: {
    readonly capacity: number;
    readonly perCaller: number;
    readonly newTicket: () => string;
  }) {
    this.#capacity = options.capacity;
    this.#perCaller = options.perCaller;
    this.#newTicket = options.newTicket;
  }

  /** Whether a caller may have one more call wait. */
  hasRoomFor(caller: McpCaller): boolean {
    if (this.#parked.size >= this.#capacity) return false;
    let own = 0;
    for (const { claim } of this.#parked.values()) if (isSameCaller(claim.caller, caller)) own += 1;
    return own < this.#perCaller;
  }

  /** Keeps a call; returns the ticket. */
  park(call: LiveCall<Answer>, claim: ParkedCallClaim): string {
    const ticket = this.#newTicket();
    this.#parked.set(ticket, { call, claim });
    void call.over.then(() => this.#parked.delete(ticket));
    return ticket;
  }

  /** Gives a call back for its ticket; undefined where the ticket is unknown, used, or somebody else's. */
  take(ticket: string, claim: ParkedCallClaim): LiveCall<Answer> | undefined {
    const parked = this.#parked.get(ticket);
    if (parked === undefined || !isSameClaim(parked.claim, claim)) return undefined;
    this.#parked.delete(ticket);
    return parked.call;
  }

  /** Cancels every parked call. */
  close(): void {
    for (const { call } of this.#parked.values()) call.cancel(new Error('the server is closing'));
    this.#parked.clear();
  }
}

function isSameClaim(one: ParkedCallClaim, other: ParkedCallClaim): boolean {
  return (
    isSameCaller(one.caller, other.caller) &&
    one.method === other.method &&
    one.name === other.name &&
    JSON.stringify(one.arguments) === JSON.stringify(other.arguments)
  );
}
