import type { JsonObject } from '@capstan/sdk';

/** One request to the client of a call. */
export interface CallerQuestion {
  /** `elicitation/create`, `sampling/createMessage` or `roots/list`. */
  readonly method: string;
  readonly params: JsonObject | undefined;
  /** What the server calls the question, where its revision gives questions names. */
  readonly key?: string;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** The way back to the client that made a call: what an MCP server may ask of it and tell it. */
export interface CallerChannel {
  /** The client's own capabilities, as it declared them. */
  readonly capabilities: JsonObject;
  /** Whether the client can follow a task that a call is answered with. Undefined: it is followed for the client. */
  readonly takesTasks?: boolean;
  /** The least severe log message that it wants to hear; undefined means none. */
  readonly logLevel: string | undefined;
  /** Asks the client; rejects with a protocol error. */
  request(question: CallerQuestion): Promise<JsonObject>;
  /** Tells the client something that belongs to the call (`notifications/message`). */
  notify(method: string, params: JsonObject | undefined): void;
}
