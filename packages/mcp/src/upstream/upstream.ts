import { CapstanError, isCapstanError, type JsonObject } from '@capstan/sdk';
import { pauseMs } from './backoff.ts';
import type { CallerChannel } from './caller-channel.ts';
import type { Handshake } from './handshake.ts';
import { isObject, type RpcNotification } from './message.ts';
import { EMPTY_OFFER, type Offer, readOffer } from './offer.ts';
import type { UpstreamSession } from './session.ts';
import { SessionOpener } from './session-opener.ts';
import { type SessionOwner, SessionShelf } from './session-shelf.ts';
import { rememberTaskOrigin } from './task-origin.ts';
import { TransportFailure } from './transport.ts';
import { toCapstanError } from './upstream-failure.ts';
import type { UpstreamServer, UpstreamServices } from './upstream-server.ts';

/** How an MCP server is doing. */
export type UpstreamState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'degraded'; readonly reason: CapstanError; readonly retryAt: number }
  | { readonly kind: 'closed' };

/** What an {@link Upstream} tells. */
export interface UpstreamEvents {
  /** The state has another kind, or what the server offers has changed. Told once per real change. */
  onChange(change: { readonly state: boolean; readonly offer: boolean }): void;
  /** A resource changed that somebody subscribed to. */
  onResourceUpdated(owner: SessionOwner, params: JsonObject): void;
}

/** One request to a server on behalf of a caller. */
export interface UpstreamRequest {
  readonly owner: SessionOwner;
  readonly method: string;
  readonly params: JsonObject;
  readonly signal?: AbortSignal;
  readonly onProgress?: (params: JsonObject) => void;
  readonly channel?: CallerChannel;
  /** The caller's `_meta`, untouched. */
  readonly meta?: JsonObject;
  readonly headers?: readonly string[];
  /** Whether making it twice does no harm. */
  readonly isRepeatable: boolean;
  /** Default: the server's. */
  readonly timeoutMs?: number;
}

/**
 * One MCP server as a source.
 *
 * 1. One session of its own finds out what the server offers and hears of changes; callers have sessions of theirs.
 * 2. It connects in the background: at once, then with growing pauses, until `close`. What was offered last stays known
 *    meanwhile, and a call in that time fails with the reason, or waits where a first answer is still to come.
 * 3. A session that the server has forgotten is opened again, once per call, and the call is made again where nothing was
 *    done yet, or where doing it twice does no harm.
 */
export class Upstream {
  readonly server: UpstreamServer;
  readonly #services: UpstreamServices;
  readonly #events: UpstreamEvents;
  readonly #opener: SessionOpener;
  readonly #shelf: SessionShelf;
  #state: UpstreamState = { kind: 'connecting' };
  #offer: Offer = EMPTY_OFFER;
  #session: UpstreamSession | undefined;
  #settled = Promise.withResolvers<void>();
  #timer: NodeJS.Timeout | undefined;
  #connecting: Promise<void> | undefined;
  #refresh: 'none' | 'running' | 'again' = 'none';
  readonly #closing = new AbortController();

  constructor(server: UpstreamServer, services: UpstreamServices, events: UpstreamEvents) {
    this.server = server;
    this.#services = services;
    this.#events = events;
    this.#opener = new SessionOpener(server, services);
    this.#shelf = new SessionShelf((owner, onGone) => this.#openFor(owner, onGone), {
      ...server.limits,
      share: server.share,
      clock: services.clock,
    });
  }

  get state(): UpstreamState {
    return this.#state;
  }

  /** What the server offered when it was last asked. */
  get offer(): Offer {
    return this.#offer;
  }

  get handshake(): Handshake | undefined {
    return this.#session?.handshake;
  }

  /** Sessions of callers. */
  get sessions(): number {
    return this.#shelf.size;
  }

  /** Requests of callers under way. */
  get load(): number {
    return this.#shelf.load;
  }

  /** Begins to connect. */
  start(): void {
    this.#connect(0);
  }

  /** Resolves when the first answer of the server, or its failure, is there. */
  settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** @throws CapstanError; one that carries a protocol error of the server has it in `details.rpc_error` */
  async request(request: UpstreamRequest): Promise<JsonObject> {
    try {
      if (this.#state.kind === 'connecting') await untilAborted(this.settled(), request.signal);
      if (this.#state.kind === 'degraded') throw withRetryAfter(this.#state, this.#services.clock.now());
      const result = await this.#requestTwice(request);
      if (result.resultType === 'task') rememberTaskOrigin(result, this);
      return result;
    } catch (error) {
      throw toCapstanError(error, this.server.name);
    }
  }

  /**
   * Hears of changes of a resource until the signal is aborted, over a session of the owner that stays open for it.
   * Resolves when the server has taken it. @throws CapstanError
   */
  subscribe(owner: SessionOwner, uri: string, signal: AbortSignal): Promise<void> {
    const taken = Promise.withResolvers<void>();
    const options = { timeoutMs: this.server.timeoutMs };
    const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    const holding = this.#shelf.use(owner, async (session) => {
      if (session.handshake.era === 'modern') {
        void session.listen({ resourceSubscriptions: [uri] }, signal).catch(() => undefined);
        taken.resolve();
        return ended;
      }
      await session.request('resources/subscribe', { uri }, options);
      taken.resolve();
      await ended;
      if (session.isOpen) await session.request('resources/unsubscribe', { uri }, options);
    });
    holding.catch((error: unknown) => taken.reject(toCapstanError(error, this.server.name)));
    return taken.promise;
  }

  /** Ends every session and process, and connects no more. */
  async close(): Promise<void> {
    if (this.#state.kind === 'closed') return;
    clearTimeout(this.#timer);
    this.#state = { kind: 'closed' };
    this.#closing.abort(new TransportFailure('closed', 'the MCP server is being disconnected', { sent: false }));
    this.#settled.resolve();
    await Promise.all([this.#connecting, this.#session?.close(), this.#shelf.close()]);
    await this.#session?.close();
  }

  /** 3 */
  async #requestTwice(request: UpstreamRequest): Promise<JsonObject> {
    try {
      return await this.#requestOnce(request);
    } catch (error) {
      if (!(error instanceof TransportFailure) || request.signal?.aborted) throw error;
      this.#shelf.forgetEnded(request.owner);
      if (error.kind === 'unreachable' && this.#session?.isOpen === true) this.#suspect();
      if (!isReplayable(error, request.isRepeatable)) throw error;
      return await this.#requestOnce(request);
    }
  }

  #requestOnce(request: UpstreamRequest): Promise<JsonObject> {
    const { owner, method, params, isRepeatable: _isRepeatable, ...options } = request;
    return this.#shelf.use(owner, (session) =>
      session.request(method, params, { ...options, timeoutMs: request.timeoutMs ?? this.server.timeoutMs }),
    );
  }

  #openFor(owner: SessionOwner, onGone: () => void): Promise<UpstreamSession> {
    const isShared = this.server.share !== 'principal';
    return this.#opener.open({
      capabilities: isShared ? ALL_CAPABILITIES : owner.capabilities,
      isShared,
      signal: this.#closing.signal,
      events: {
        onNotification: (notification) => {
          const { method, params } = notification;
          if (method === 'notifications/resources/updated') this.#events.onResourceUpdated(owner, params ?? {});
          // Some servers tell only the session in which the change was made.
          else this.#hear(notification);
        },
        onClose: onGone,
      },
    });
  }

  /** 2 */
  #connect(attempt: number): void {
    clearTimeout(this.#timer);
    this.#connecting = this.#tryToConnect().then(
      () => undefined,
      (error: unknown) => this.#failed(error, attempt),
    );
  }

  async #tryToConnect(): Promise<void> {
    const events = {
      onNotification: (notification: RpcNotification) => this.#hear(notification),
      onClose: (failure: TransportFailure) => this.#lost(failure),
    };
    const session = await this.#opener.open({
      // Some servers list a tool only for clients that can answer what it asks.
      capabilities: ALL_CAPABILITIES,
      isShared: true,
      signal: this.#closing.signal,
      events,
    });
    try {
      const offer = await readOffer(session, this.server);
      this.#session = session;
      if (this.#state.kind === 'closed') return;
      this.#set({ kind: 'ready' }, offer);
      this.#listen(session);
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  #failed(error: unknown, attempt: number): void {
    if (this.#state.kind === 'closed') return;
    const reason = toCapstanError(error, this.server.name);
    if (!isCapstanError(reason)) throw error;
    const now = this.#services.clock.now();
    const pause = pauseMs(attempt, this.server.limits, this.#services.random);
    const retryAt = Math.max(now + pause, this.#opener.nextStart() ?? 0);
    this.#services.logger.warn('an MCP server cannot be used now', {
      server: this.server.name,
      reason: reason.message,
    });
    this.#set({ kind: 'degraded', reason, retryAt }, this.#offer);
    this.#timer = setTimeout(() => this.#connect(attempt + 1), retryAt - now);
    this.#timer.unref();
  }

  /** The session of our own ended: the server may be back already. */
  #lost(failure: TransportFailure): void {
    if (this.#state.kind !== 'ready') return;
    this.#services.logger.warn('the connection to an MCP server ended', {
      server: this.server.name,
      reason: failure.message,
    });
    this.#session = undefined;
    this.#settled = Promise.withResolvers();
    this.#set({ kind: 'connecting' }, this.#offer);
    this.#connect(0);
  }

  /** A call got no connection, though our own session looks well. */
  #suspect(): void {
    const session = this.#session;
    this.#lost(new TransportFailure('unreachable', 'a call found no connection', { sent: false }));
    void session?.close();
  }

  #hear({ method }: RpcNotification): void {
    if (!LIST_CHANGES.has(method)) return;
    if (this.#refresh !== 'none') this.#refresh = 'again';
    else void this.#readAgain();
  }

  /** Changes that come while the lists are being read are read together, once more. */
  async #readAgain(): Promise<void> {
    do {
      this.#refresh = 'running';
      const session = this.#session;
      if (session === undefined || this.#state.kind !== 'ready') break;
      try {
        this.#set(this.#state, await readOffer(session, this.server));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#services.logger.warn('the lists of an MCP server cannot be read', { server: this.server.name, reason });
      }
    } while (this.#wantsAgain());
    this.#refresh = 'none';
  }

  #wantsAgain(): boolean {
    return this.#refresh === 'again';
  }

  #listen(session: UpstreamSession): void {
    const filter = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
    if (session.handshake.era === 'legacy' || !announcesChanges(session.handshake)) return;
    session.listen(filter).then(
      () => this.#listenAgain(session),
      () => this.#listenAgain(session),
    );
  }

  /** The stream of changes ended, and what happened meanwhile is not known. */
  #listenAgain(session: UpstreamSession): void {
    if (this.#session !== session || this.#state.kind !== 'ready' || !session.isOpen) return;
    this.#suspect();
  }

  #set(state: UpstreamState, offer: Offer): void {
    const change = { state: state.kind !== this.#state.kind, offer: offer.hash !== this.#offer.hash };
    this.#state = state;
    this.#offer = change.offer ? offer : this.#offer;
    if (state.kind !== 'connecting') this.#settled.resolve();
    if (change.offer && offer.refused.length > 0) {
      const about = { server: this.server.name, tools: offer.refused };
      this.#services.logger.warn('tools are left out: their schemas want headers that HTTP does not allow', about);
    }
    if (change.state || change.offer) this.#events.onChange(change);
  }
}

const LIST_CHANGES: ReadonlySet<string> = new Set([
  'notifications/tools/list_changed',
  'notifications/prompts/list_changed',
  'notifications/resources/list_changed',
]);

/** A session that several clients share can promise what any of them may be able to do; each call then says what is. */
const ALL_CAPABILITIES: JsonObject = Object.freeze({ elicitation: { form: {}, url: {} }, sampling: {}, roots: {} });

function isReplayable({ kind, sent }: TransportFailure, isRepeatable: boolean): boolean {
  if (kind === 'session_lost') return true;
  return kind === 'unreachable' && (!sent || isRepeatable);
}

function announcesChanges({ capabilities }: Handshake): boolean {
  return ['tools', 'prompts', 'resources'].some((key) => {
    const capability = capabilities[key];
    return isObject(capability) && capability.listChanged === true;
  });
}

function withRetryAfter(
  { reason, retryAt }: Extract<UpstreamState, { readonly kind: 'degraded' }>,
  now: number,
): CapstanError {
  const { code, message, hint, cause, details } = reason;
  return new CapstanError(code, message, {
    hint,
    cause,
    retriable: true,
    details: { ...details, retry_after_ms: Math.max(0, retryAt - now) },
  });
}

function untilAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** A server under the name that it has in a workspace. */
export interface NamedUpstream {
  readonly name: string;
  readonly upstream: Upstream;
  /** What of it a caller may see. Default: all. */
  readonly shows?: { readonly prompts: boolean; readonly resources: boolean };
}
