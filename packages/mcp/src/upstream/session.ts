import type { JsonObject, JsonValue } from '@capstan/sdk';
import type { CallerChannel } from './caller-channel.ts';
import { followTask, type TaskFollowing } from './follow-task.ts';
import { type Handshake, type HandshakeOptions, shakeHands } from './handshake.ts';
import { isObject, METHOD_NOT_FOUND, RpcError } from './message.ts';
import { withoutHopMeta, withRequestMeta } from './request-meta.ts';
import { type PeerEvents, type RequestOptions, RpcPeer } from './rpc-peer.ts';
import { standardHeaders } from './standard-headers.ts';
import { hasTasks } from './task-extension.ts';
import type { UpstreamTransport } from './transport.ts';

/** How a session is opened. */
export interface SessionOptions extends HandshakeOptions {
  readonly transport: UpstreamTransport;
  readonly events: PeerEvents;
  /** Calls of several principals run in it. */
  readonly isShared: boolean;
  /** Gives the opening up. */
  readonly signal: AbortSignal;
}

/** Questions and answers of one call before it is given up as a loop. */
const MAX_ROUNDS = 16;
const MAX_PAGES = 200;

/**
 * One MCP session with one server, of either revision.
 *
 * In revision 2026-07-28 a server asks by ending the request (SEP-2322); the answers go out with the next one. In older
 * ones it asks during the request. Both reach the client by the call's channel.
 */
export class UpstreamSession {
  readonly handshake: Handshake;
  readonly #peer: RpcPeer;
  readonly #options: SessionOptions;
  #logLevel: string | undefined;

  private constructor(peer: RpcPeer, handshake: Handshake, options: SessionOptions) {
    this.#peer = peer;
    this.handshake = handshake;
    this.#options = options;
  }

  /** @throws TransportFailure or RpcError; nothing stays open then */
  static async open(options: SessionOptions): Promise<UpstreamSession> {
    const peer = new RpcPeer(options.transport, options.events, options.isShared);
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(options.signal.reason);
    options.signal.addEventListener('abort', onAbort, { once: true });
    if (options.signal.aborted) onAbort();
    try {
      const opening = peer.start().then(() => shakeHands(peer, options));
      return new UpstreamSession(peer, await Promise.race([opening, aborted.promise]), options);
    } catch (error) {
      await peer.close();
      throw error;
    } finally {
      options.signal.removeEventListener('abort', onAbort);
    }
  }

  get isOpen(): boolean {
    return this.#peer.isOpen;
  }

  /** Requests under way. */
  get load(): number {
    return this.#peer.load;
  }

  /** Makes a request of either revision; the result is the server's, without what only concerned this hop. */
  async request(method: string, params: JsonObject, options: RequestOptions): Promise<JsonObject> {
    await this.#agreeOnLogs(options);
    const result = await this.#requestInRounds(method, params, options);
    if (result.resultType !== 'task' || !this.#hasTasks) return withoutHopMeta(result);
    const { channel, signal, onProgress } = options;
    if (channel?.takesTasks === true) return { ...withoutHopMeta(result), resultType: 'task' };
    const ask: TaskFollowing['ask'] = (asked, about, stop) =>
      this.#send(asked, about, { timeoutMs: options.timeoutMs, ...(stop === undefined ? {} : { signal: stop }) });
    return withoutHopMeta(await followTask({ created: result, ask, channel, signal, onProgress }));
  }

  get #hasTasks(): boolean {
    return this.handshake.era === 'modern' && hasTasks(this.handshake.capabilities);
  }

  async #requestInRounds(method: string, params: JsonObject, options: RequestOptions): Promise<JsonObject> {
    let answers: JsonObject = {};
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const result = await this.#send(method, { ...params, ...answers }, options);
      if (result.resultType !== 'input_required') return result;
      answers = await answersTo(result, options);
    }
    throw new RpcError({
      code: -32_603,
      message: `the MCP server asked ${MAX_ROUNDS} times and did not come to an end`,
    });
  }

  /** Every item of a list, over all its pages. */
  async list(method: string, key: string, options: RequestOptions): Promise<readonly JsonObject[]> {
    const items: JsonObject[] = [];
    let cursor: JsonValue | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const result = await this.request(method, cursor === undefined ? {} : { cursor }, options);
      const found = result[key];
      if (Array.isArray(found)) items.push(...found.filter(isObject));
      cursor = result.nextCursor;
      if (typeof cursor !== 'string') return items;
    }
    return items;
  }

  /** Hears of changes: needed in revision 2026-07-28 alone, in the others they come by themselves. */
  async listen(filter: JsonObject, signal?: AbortSignal): Promise<void> {
    if (this.handshake.era === 'legacy') return;
    await this.#send(
      'subscriptions/listen',
      { notifications: filter },
      {
        timeoutMs: MAX_TIMER_MS,
        ...(signal === undefined ? {} : { signal }),
      },
    );
  }

  close(): Promise<void> {
    return this.#peer.close();
  }

  #send(method: string, params: JsonObject, options: RequestOptions): Promise<JsonObject> {
    const { handshake } = this;
    const { identity, transport } = this.#options;
    const full = withRequestMeta(params, {
      agreement: handshake,
      identity,
      channel: options.channel,
      meta: options.meta,
      // A task is passed on, or followed here.
      isFollowing: this.#hasTasks && FOLLOWED.test(method) && options.channel?.takesTasks !== false,
    });
    if (handshake.era === 'legacy' || transport.kind !== 'http') return this.#peer.request(method, full, options);
    const headers = [...standardHeaders(method, params, handshake.version), ...(options.headers ?? [])];
    return this.#peer.request(method, full, { ...options, headers });
  }

  /** Older revisions set the level for the whole session; the newer one says it with each request. */
  async #agreeOnLogs({ channel, timeoutMs }: RequestOptions): Promise<void> {
    const level = channel?.logLevel;
    const { era, capabilities } = this.handshake;
    if (level === undefined || level === this.#logLevel || era === 'modern' || !isObject(capabilities.logging)) return;
    this.#logLevel = level;
    await this.#send('logging/setLevel', { level }, { timeoutMs });
  }
}

/** Requests that may meet a task. */
const FOLLOWED = /^tools\/call$|^tasks\//;

/** The longest delay of a timer in Node. */
const MAX_TIMER_MS = 2 ** 31 - 1;

async function answersTo(result: JsonObject, { channel, signal }: RequestOptions): Promise<JsonObject> {
  const requests = isObject(result.inputRequests) ? Object.entries(result.inputRequests) : [];
  const state = result.requestState === undefined ? {} : { requestState: result.requestState };
  if (requests.length === 0) return state;
  if (channel === undefined)
    throw new RpcError({ code: METHOD_NOT_FOUND, message: 'this caller cannot answer questions' });
  const stop = signal ?? new AbortController().signal;
  const answers = await Promise.all(
    requests.map(async ([key, request]) => [key, await ask(channel, { key, request, signal: stop })] as const),
  );
  return { ...state, inputResponses: Object.fromEntries(answers) };
}

function ask(
  channel: CallerChannel,
  {
    key,
    request,
    signal,
  }: { readonly key: string; readonly request: JsonValue | undefined; readonly signal: AbortSignal },
): Promise<JsonObject> {
  if (!isObject(request) || typeof request.method !== 'string') {
    return Promise.reject(
      new RpcError({ code: -32_603, message: 'the MCP server asked something that is no request' }),
    );
  }
  const params = isObject(request.params) ? request.params : undefined;
  return channel.request({ method: request.method, params, key, signal });
}
