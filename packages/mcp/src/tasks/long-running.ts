import type { JsonObject, JsonValue } from '@capstan/sdk';

/** How work stands that goes on after its call was answered. Times in ms since the epoch. */
export type LongRunningState =
  | { readonly kind: 'working'; readonly message?: string }
  /** Questions to the client by their keys: `{ method, params }`, as in `inputRequests` of SEP-2322. */
  | { readonly kind: 'input_required'; readonly requests: JsonObject; readonly message?: string }
  /** What `tools/call` would have answered. */
  | { readonly kind: 'completed'; readonly result: JsonObject }
  /** A protocol error; a tool that failed has completed, with `isError`. */
  | { readonly kind: 'failed'; readonly error: LongRunningFailure }
  | { readonly kind: 'cancelled' };

/** A JSON-RPC error. */
export interface LongRunningFailure {
  readonly code: number;
  readonly message: string;
  readonly data?: JsonValue;
}

/** Work that outlives its call: a workflow run, a call that waits for an approval, a slow tool. */
export interface LongRunningCall {
  readonly createdAt: number;
  readonly updatedAt: number;
  /** How long it is kept, from its creation; undefined: for as long as its keeper has it. */
  readonly ttlMs: number | undefined;
  state(): LongRunningState | Promise<LongRunningState>;
  /** Brings answers to open questions, by their keys; those to others are ignored. */
  answer(responses: JsonObject): void | Promise<void>;
  /** Asks it to end; ignored where it has ended. */
  cancel(): void | Promise<void>;
}
