import type { JsonObject } from '@capstan/sdk';
import { RestartBudget } from './backoff.ts';
import { RpcError } from './message.ts';
import { type HttpForm, httpTransport, stdioTransport } from './open-transport.ts';
import type { PeerEvents } from './rpc-peer.ts';
import { UpstreamSession } from './session.ts';
import { type Negotiated, TransportFailure } from './transport.ts';
import type { HttpServerAddress, UpstreamServer, UpstreamServices } from './upstream-server.ts';

/** What one session is opened for. */
export interface SessionPurpose {
  /** What the client behind it can do. */
  readonly capabilities: JsonObject;
  readonly isShared: boolean;
  /** Gives the opening up. */
  readonly signal: AbortSignal;
  readonly events: PeerEvents;
}

/**
 * Opens sessions with one server, and remembers what the first one found out: which form of HTTP, which revision.
 * A session that fails forgets it again, since a server may have been replaced by another.
 */
export class SessionOpener {
  readonly #server: UpstreamServer;
  readonly #services: UpstreamServices;
  readonly #budget: RestartBudget;
  #form: HttpForm | undefined;
  #era: Negotiated['era'] | undefined;

  constructor(server: UpstreamServer, services: UpstreamServices) {
    this.#server = server;
    this.#services = services;
    this.#budget = new RestartBudget(server.limits);
  }

  /** When a process may be started again, where too many have ended; undefined: now. */
  nextStart(): number | undefined {
    return this.#budget.nextStart(this.#services.clock.now());
  }

  /** @throws TransportFailure, RpcError, or CapstanError for an address that cannot be used */
  async open(purpose: SessionPurpose): Promise<UpstreamSession> {
    try {
      const { address } = this.#server;
      const session = address.kind === 'http' ? await this.#overHttp(address, purpose) : await this.#overPipe(purpose);
      this.#era = session.handshake.era;
      return session;
    } catch (error) {
      this.#era = undefined;
      this.#form = undefined;
      throw error;
    }
  }

  async #overHttp(address: HttpServerAddress, purpose: SessionPurpose): Promise<UpstreamSession> {
    const form = this.#form ?? (address.form === 'auto' ? undefined : address.form);
    if (form !== undefined) return this.#withForm(address, form, purpose);
    try {
      return await this.#withForm(address, 'streamable', purpose);
    } catch (error) {
      if (!mayBeSse(error)) throw error;
      // What the newer form said is the better explanation where neither works.
      return await this.#withForm(address, 'sse', purpose).catch(() => {
        throw error;
      });
    }
  }

  async #withForm(address: HttpServerAddress, form: HttpForm, purpose: SessionPurpose): Promise<UpstreamSession> {
    const transport = httpTransport(address, form, { server: this.#server, services: this.#services });
    const firstTry = form === 'sse' ? 'legacy' : 'modern';
    const session = await UpstreamSession.open({ ...this.#common(purpose), transport, firstTry });
    this.#form = form;
    return session;
  }

  #overPipe(purpose: SessionPurpose): Promise<UpstreamSession> {
    const { address } = this.#server;
    if (address.kind !== 'stdio') throw new TypeError('not a server over a pipe');
    const blockedUntil = this.nextStart();
    if (blockedUntil !== undefined) return Promise.reject(tooManyRestarts(this.#server));
    const transport = stdioTransport(address, { server: this.#server, services: this.#services });
    const events: PeerEvents = {
      onNotification: purpose.events.onNotification,
      onClose: (failure) => {
        this.#budget.spend(this.#services.clock.now());
        purpose.events.onClose(failure);
      },
    };
    return UpstreamSession.open({ ...this.#common({ ...purpose, events }), transport, firstTry: 'legacy' });
  }

  #common({ capabilities, isShared, signal, events }: SessionPurpose) {
    const info = { name: 'capstan', title: 'Capstan', version: this.#services.version };
    return {
      identity: { info, capabilities },
      era: this.#era,
      timeoutMs: this.#server.connectTimeoutMs,
      isShared,
      signal,
      events,
    };
  }
}

function mayBeSse(error: unknown): boolean {
  if (error instanceof RpcError) return true;
  return error instanceof TransportFailure && error.kind === 'protocol' && [400, 404, 405].includes(error.status ?? 0);
}

function tooManyRestarts({ limits }: UpstreamServer): TransportFailure {
  const minutes = Math.round(limits.restartWindowMs / 60_000);
  const message = `its process ended ${limits.restarts} times within ${minutes} minutes, and is left alone for a while`;
  return new TransportFailure('unreachable', message, { sent: false });
}
