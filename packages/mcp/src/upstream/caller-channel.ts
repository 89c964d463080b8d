import type { JsonObject } from '@capstan/sdk';

/** The way back to the client that made a call: what an MCP server may ask of it and tell it. */
export interface CallerChannel {
  /** The client's own capabilities, as it declared them. */
  readonly capabilities: JsonObject;
  /** The least severe log message that it wants to hear; undefined means none. */
  readonly logLevel: string | undefined;
  /** Asks the client (`elicitation/create`, `sampling/createMessage`, `roots/list`); rejects with a protocol error. */
  request(method: string, params: JsonObject | undefined, signal: AbortSignal): Promise<JsonObject>;
  /** Tells the client something that belongs to the call (`notifications/message`). */
  notify(method: string, params: JsonObject | undefined): void;
}
