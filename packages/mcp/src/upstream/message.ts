import type { JsonObject, JsonValue } from '@capstan/sdk';

/** The id of a JSON-RPC request. */
export type RpcId = string | number;

/** A request, as it travels. */
export interface RpcRequest {
  readonly jsonrpc: '2.0';
  readonly id: RpcId;
  readonly method: string;
  readonly params?: JsonObject;
}

/** A notification, as it travels. */
export interface RpcNotification {
  readonly jsonrpc: '2.0';
  readonly method: string;
  readonly params?: JsonObject;
}

/** The error of a reply. */
export interface RpcErrorBody {
  readonly code: number;
  readonly message: string;
  readonly data?: JsonValue;
}

/** A reply, as it travels. */
export type RpcReply =
  | { readonly jsonrpc: '2.0'; readonly id: RpcId; readonly result: JsonObject }
  | { readonly jsonrpc: '2.0'; readonly id: RpcId | null; readonly error: RpcErrorBody };

/** Anything that travels. */
export type RpcMessage = RpcRequest | RpcNotification | RpcReply;

/** MCP's own codes beside JSON-RPC's. */
export const METHOD_NOT_FOUND = -32_601;

/** A protocol error that the other side answered with: passed on with its code, message and data. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;
  readonly data: JsonValue | undefined;

  constructor({ code, message, data }: RpcErrorBody) {
    super(message);
    this.code = code;
    this.data = data;
  }

  toBody(): RpcErrorBody {
    return { code: this.code, message: this.message, ...(this.data === undefined ? {} : { data: this.data }) };
  }
}

/** What came in, read no further than its outermost form. Undefined for what is no JSON-RPC message. */
function readMessage(value: unknown): RpcMessage | undefined {
  if (!isObject(value) || value.jsonrpc !== '2.0') return undefined;
  if ('method' in value) return typeof value.method === 'string' ? (value as unknown as RpcRequest) : undefined;
  if (!('id' in value) || !(isObject(value.result) || isObject(value.error))) return undefined;
  return value as unknown as RpcReply;
}

/** {@link readMessage} of a text; undefined for what is not JSON, too. */
export function parseMessage(text: string): RpcMessage | undefined {
  try {
    return readMessage(JSON.parse(text));
  } catch {
    // Whoever waits for a reply hears that there was none.
    return undefined;
  }
}

/** Whether a message asks for a reply. */
export function isRequest(message: RpcMessage): message is RpcRequest {
  return 'method' in message && 'id' in message;
}

/** Whether a message is a reply. */
export function isReply(message: RpcMessage): message is RpcReply {
  return !('method' in message);
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is { readonly [key: string]: JsonValue | undefined } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
