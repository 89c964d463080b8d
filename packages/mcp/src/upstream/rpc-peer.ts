import type { JsonObject } from '@capstan/sdk';
import type { CallerChannel } from './caller-channel.ts';
import {
  isReply,
  isRequest,
  METHOD_NOT_FOUND,
  RpcError,
  type RpcErrorBody,
  type RpcId,
  type RpcMessage,
  type RpcNotification,
  type RpcReply,
  type RpcRequest,
} from './message.ts';
import { type Negotiated, TransportFailure, type UpstreamTransport } from './transport.ts';

/** How one request is made. */
export interface RequestOptions {
  /** Without a reply, progress or an open question to the client for this long, it fails. In ms. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (params: JsonObject) => void;
  readonly channel?: CallerChannel;
  /** The caller's `_meta`. */
  readonly meta?: JsonObject;
  /** On HTTP: names and values in turn. */
  readonly headers?: readonly string[];
}

/** What a peer tells its owner. */
export interface PeerEvents {
  /** A notification that belongs to no call. */
  onNotification(notification: RpcNotification): void;
  /** The connection is over; told once, and not after `close`. */
  onClose(failure: TransportFailure): void;
}

interface Pending {
  readonly id: RpcId;
  readonly options: RequestOptions;
  readonly resolve: (result: JsonObject) => void;
  readonly reject: (error: Error) => void;
  readonly onAbort: () => void;
  timer: NodeJS.Timeout | undefined;
  /** Questions of the server that the client has not answered. */
  questions: number;
}

/**
 * Both directions of JSON-RPC over one transport. Nothing that passes is parsed further than it must be.
 *
 * 1. A request settles once: by its reply, its failure, its timeout, its signal, or the end of the connection.
 * 2. A question of the server goes to the client whose call it belongs to: the transport knows which on HTTP. Elsewhere
 *    the newest call gets it, and where `isShared` says that calls of several clients run here, only a lone one.
 * 3. While a question is open, its call's timeout stands still.
 */
export class RpcPeer {
  readonly #transport: UpstreamTransport;
  readonly #events: PeerEvents;
  readonly #isShared: boolean;
  readonly #pending = new Map<RpcId, Pending>();
  readonly #questions = new Map<RpcId, AbortController>();
  #nextId = 0;
  #agreement: Negotiated | undefined;
  #ended: TransportFailure | undefined;

  constructor(transport: UpstreamTransport, events: PeerEvents, isShared: boolean) {
    this.#transport = transport;
    this.#events = events;
    this.#isShared = isShared;
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  /** Requests under way. */
  get load(): number {
    return this.#pending.size;
  }

  start(): Promise<void> {
    return this.#transport.start({
      onMessage: (message, origin) => this.#receive(message, origin),
      onRequestFailed: (id, failure) => this.#take(id)?.reject(failure),
      onClose: (failure) => {
        if (this.#end(failure)) this.#events.onClose(failure);
      },
    });
  }

  /** Resolves when the transport is ready for calls. */
  async negotiated(agreement: Negotiated): Promise<void> {
    this.#agreement = agreement;
    await this.#transport.negotiated(agreement);
  }

  /** Resolves with the result as it came. @throws RpcError, TransportFailure, or the signal's reason */
  request(method: string, params: JsonObject, options: RequestOptions): Promise<JsonObject> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (options.signal?.aborted) return Promise.reject(asError(options.signal.reason));
    this.#nextId += 1;
    const id = this.#nextId;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => this.#cancel(pending, asError(options.signal?.reason));
      const pending: Pending = { id, options, resolve, reject, onAbort, timer: undefined, questions: 0 };
      this.#pending.set(id, pending);
      this.#rewind(pending);
      options.signal?.addEventListener('abort', onAbort, { once: true });
      const sent = options.onProgress === undefined ? params : withProgressToken(params, id);
      this.#transport.request({ jsonrpc: '2.0', id, method, params: sent }, options.headers);
    });
  }

  /** Sends a notification. @throws TransportFailure */
  notify(method: string, params?: JsonObject): Promise<void> {
    return this.#transport.post({ jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) });
  }

  async close(): Promise<void> {
    this.#end(new TransportFailure('closed', 'the connection to the MCP server was closed', { sent: true }));
    await this.#transport.close();
  }

  #end(failure: TransportFailure): boolean {
    if (this.#ended !== undefined) return false;
    this.#ended = failure;
    for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(failure);
    for (const question of this.#questions.values()) question.abort(failure);
    return true;
  }

  #receive(message: RpcMessage, origin: RpcId | undefined): void {
    if (isReply(message)) this.#reply(message);
    else if (isRequest(message)) void this.#answer(message, origin);
    else this.#notification(message, origin);
  }

  #reply(message: RpcReply): void {
    const pending = message.id === null ? undefined : this.#take(message.id);
    if ('error' in message) pending?.reject(new RpcError(message.error));
    else pending?.resolve(message.result);
  }

  #notification(notification: RpcNotification, origin: RpcId | undefined): void {
    const { method, params } = notification;
    const channel = isOfCall(method) ? this.#callOf(origin)?.options.channel : undefined;
    if (method === 'notifications/progress') this.#progress(params);
    else if (method === 'notifications/cancelled') this.#withdraw(params);
    else if (channel !== undefined) channel.notify(method, params);
    else this.#events.onNotification(notification);
  }

  #progress(params: JsonObject | undefined): void {
    const token = params?.progressToken;
    const pending = typeof token === 'number' || typeof token === 'string' ? this.#pending.get(token) : undefined;
    if (pending === undefined || params === undefined) return;
    this.#rewind(pending);
    const { progressToken: _ours, ...step } = params;
    pending.options.onProgress?.(step);
  }

  #withdraw(params: JsonObject | undefined): void {
    const id = params?.requestId;
    if (typeof id === 'string' || typeof id === 'number') this.#questions.get(id)?.abort(new Error('withdrawn'));
  }

  /** 2 */
  async #answer({ id, method, params }: RpcRequest, origin: RpcId | undefined): Promise<void> {
    if (method === 'ping') return this.#send({ jsonrpc: '2.0', id, result: {} });
    const call = this.#callOf(origin);
    const channel = call?.options.channel;
    if (call === undefined || channel === undefined) return this.#refuse(id, nobodyToAsk(method));
    const question = new AbortController();
    this.#questions.set(id, question);
    this.#hold(call, 1);
    try {
      const result = await channel.request({ method, params, signal: question.signal });
      await this.#send({ jsonrpc: '2.0', id, result });
    } catch (error) {
      await this.#refuse(id, error instanceof RpcError ? error.toBody() : { code: -32_603, message: 'Internal error' });
    } finally {
      this.#questions.delete(id);
      this.#hold(call, -1);
    }
  }

  #callOf(origin: RpcId | undefined): Pending | undefined {
    if (origin !== undefined) return this.#pending.get(origin);
    const asked = [...this.#pending.values()].filter(({ options }) => options.channel !== undefined);
    return this.#isShared && asked.length !== 1 ? undefined : asked.at(-1);
  }

  #refuse(id: RpcId, error: RpcErrorBody): Promise<void> {
    return this.#send({ jsonrpc: '2.0', id, error });
  }

  /** A reply that cannot be sent belongs to a connection that is ending: its calls fail for that reason. */
  async #send(reply: RpcReply): Promise<void> {
    await this.#transport.post(reply).catch(() => undefined);
  }

  #cancel(pending: Pending, reason: Error): void {
    if (this.#take(pending.id) === undefined) return;
    this.#transport.abandon(pending.id);
    const isClosedStreamEnough = this.#agreement?.era === 'modern' && this.#transport.kind === 'http';
    if (!isClosedStreamEnough) {
      const params = { requestId: pending.id, reason: reason.message };
      this.notify('notifications/cancelled', params).catch(() => undefined);
    }
    pending.reject(reason);
  }

  /** 3 */
  #hold(pending: Pending, change: 1 | -1): void {
    pending.questions += change;
    if (pending.questions > 0) clearTimeout(pending.timer);
    else this.#rewind(pending);
  }

  #rewind(pending: Pending): void {
    if (pending.questions > 0 || !this.#pending.has(pending.id)) return;
    if (pending.timer !== undefined) {
      pending.timer.refresh();
      return;
    }
    const { timeoutMs } = pending.options;
    pending.timer = setTimeout(() => {
      if (pending.questions > 0) return;
      const message = `the MCP server did not answer within ${timeoutMs} ms`;
      this.#cancel(pending, new TransportFailure('timeout', message, { sent: true }));
    }, timeoutMs);
  }

  /** 1 */
  #take(id: RpcId): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    pending.options.signal?.removeEventListener('abort', pending.onAbort);
    return pending;
  }
}

/** Notifications that a client hears as part of its call, where there is one. */
function isOfCall(method: string): boolean {
  return method === 'notifications/message' || method === 'notifications/elicitation/complete';
}

function nobodyToAsk(method: string): RpcErrorBody {
  return { code: METHOD_NOT_FOUND, message: `Method not found: no client of this gateway can answer ${method} now` };
}

function withProgressToken(params: JsonObject, id: RpcId): JsonObject {
  const meta = typeof params._meta === 'object' && params._meta !== null ? params._meta : {};
  return { ...params, _meta: { ...meta, progressToken: id } };
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('cancelled', { cause: reason });
}
