import { createHash } from 'node:crypto';
import { type CountsAttempts, noteAttempt } from '@capstan/http';
import type { JsonValue, RemoteBatchItem, RemoteCall, RemoteToolAdapter, ToolContext } from '@capstan/sdk';

/*
 * 1. Every call that takes a seat either arrives once or leaves once.
 * 2. A batch goes when everybody has arrived or left, or LINGER_MS after the first arrival: a limit may hold some back, and
 *    those who wait for them would wait for ever.
 * 3. The timer is gone when the batch has gone.
 * 4. Each call keeps its own outcome, deadline and cancellation; the batch is cancelled when all of its calls are.
 */

const LINGER_MS = 25;
/** As many as one request takes. */
const MAX_ITEMS = 100;

/** What a gathering needs of the adapter. */
export interface BatchingAdapter extends RemoteToolAdapter {
  /** Whether the service behind a connection takes batches of a tool. Never rejects. */
  takesBatches(call: Omit<RemoteCall, 'params'>): Promise<boolean>;
}

interface Arrival {
  readonly call: RemoteCall;
  readonly adapter: BatchingAdapter;
  resolve(result: JsonValue): void;
  reject(reason: unknown): void;
}

/** Calls of one tool that were asked for together: they go as one request where the service takes batches. */
export class BatchGathering {
  readonly #alone: (call: () => Promise<JsonValue>) => Promise<JsonValue>;
  #expected: number;
  #arrived: Arrival[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param alone Makes a call by itself, as many at once as its caller allows. */
  constructor(expected: number, alone: (call: () => Promise<JsonValue>) => Promise<JsonValue>) {
    this.#expected = expected;
    this.#alone = alone;
  }

  /** Makes the call, with others where that can be done. */
  arrive(call: RemoteCall, adapter: BatchingAdapter): Promise<JsonValue> {
    return new Promise((resolve, reject) => {
      this.#arrived.push({ call, adapter, resolve, reject });
      this.#timer ??= setTimeout(() => this.#go(), LINGER_MS); // 2
      this.leave();
    });
  }

  /** One less to wait for. */
  leave(): void {
    this.#expected -= 1;
    if (this.#expected <= 0) this.#go();
  }

  #go(): void {
    clearTimeout(this.#timer); // 3
    this.#timer = undefined;
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const group of Map.groupBy(arrived, groupOf).values()) {
      for (let at = 0; at < group.length; at += MAX_ITEMS) void this.#send(group.slice(at, at + MAX_ITEMS));
    }
  }

  async #send(group: readonly Arrival[]): Promise<void> {
    const [first] = group;
    if (first === undefined) return;
    const isBatch = group.length > 1 && (await first.adapter.takesBatches(first.call));
    if (!isBatch) {
      for (const { call, adapter, resolve, reject } of group)
        this.#alone(() => adapter.call(call)).then(resolve, reject);
      return;
    }
    const { params: _params, ...shared } = first.call;
    const items = group.map(({ call }) => call.params);
    const context = sharedContext(
      group.map(({ call }) => call.context),
      shared.context,
    );
    try {
      settle(group, await first.adapter.callBatch({ ...shared, items, context }));
    } catch (reason) {
      for (const { reject } of group) reject(reason);
    }
  }
}

function settle(group: readonly Arrival[], outcomes: readonly RemoteBatchItem[]): void {
  for (const [index, { resolve, reject }] of group.entries()) {
    const outcome = outcomes[index];
    if (outcome?.ok === true) resolve(outcome.result);
    else reject(outcome?.error ?? new Error('a batch without an outcome for each item'));
  }
}

/** What one request can carry: one connection, one tool, one set of context keys. */
function groupOf({ call }: Arrival): string {
  const { connection, toolType, action, context } = call;
  return JSON.stringify([connection.id, toolType, action, context.principal.id, context.extra]);
}

/** The context of the first, for all of them. A context is an object of its host's whose parts may be made when asked for. */
function sharedContext(contexts: readonly ToolContext[], first: ToolContext): ToolContext {
  const keys = contexts.map(({ idempotencyKey }) => idempotencyKey);
  const own: Partial<ToolContext> & CountsAttempts = {
    idempotencyKey: createHash('sha256').update(JSON.stringify(keys)).digest('base64url'),
    deadline: Math.max(...contexts.map(({ deadline }) => deadline)),
    signal: whenAllAbort(contexts.map(({ signal }) => signal)),
    noteAttempt: () => contexts.forEach(noteAttempt),
  };
  return new Proxy(first, {
    get: (target, property) =>
      Object.hasOwn(own, property) ? Reflect.get(own, property) : Reflect.get(target, property, target),
  });
}

/** 4 */
function whenAllAbort(signals: readonly AbortSignal[]): AbortSignal {
  const all = new AbortController();
  let left = signals.length;
  const one = (signal: AbortSignal): void => {
    left -= 1;
    if (left === 0) all.abort(signal.reason);
  };
  for (const signal of signals) {
    if (signal.aborted) one(signal);
    else signal.addEventListener('abort', () => one(signal), { once: true });
  }
  return all.signal;
}

const seats = new WeakMap<object, BatchGathering>();

/** Notes that the call of a request is made with others. */
export function takeSeat<Request extends object>(request: Request, gathering: BatchGathering): Request {
  seats.set(request, gathering);
  return request;
}

/** The gathering that a request belongs to, for the first who asks: a call that is made twice goes alone the second time. */
export function leaveSeat(request: object): BatchGathering | undefined {
  const gathering = seats.get(request);
  seats.delete(request);
  return gathering;
}
