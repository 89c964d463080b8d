import { type EndpointSink, HttpConnection, type HttpEndpoint } from './http-connection.ts';
import { parseMessage, type RpcId, type RpcNotification, type RpcReply, type RpcRequest } from './message.ts';
import { NoticeStream } from './notice-stream.ts';
import { RequestSink, type SinkHost } from './request-sink.ts';
import { type Negotiated, type TransportEvents, TransportFailure, type UpstreamTransport } from './transport.ts';

const STREAM_HEADERS = ['accept', 'text/event-stream'];
/** How long a session waits for its stream of notices before calls are made in it. */
const STREAM_PATIENCE_MS = 250;
const JSON_HEADERS = ['content-type', 'application/json', 'accept', 'application/json, text/event-stream'];

/**
 * Streamable HTTP (revisions 2025-03-26 to 2026-07-28).
 *
 * 1. Every request is a POST of its own, so a message on its stream belongs to it.
 * 2. Where the server gave a session id, it travels with every later message; a 404 then means that the session is gone.
 * 3. A stream that broke off before the reply is taken up again by its last event id, a few times, if it had one.
 * 4. With a session, one GET stream brings what belongs to no request; it comes back after breaks until `close`.
 */
export class HttpTransport implements UpstreamTransport {
  readonly kind = 'http';
  readonly #connection: HttpConnection;
  readonly #notices: NoticeStream;
  readonly #open = new Map<RpcId, () => void>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #events: TransportEvents | undefined;
  /** Version and session, as far as they are agreed on. */
  #context: readonly string[] = [];
  #headers: readonly string[] = JSON_HEADERS;
  #sessionId: string | undefined;
  #agreement: Negotiated | undefined;
  #isClosed = false;

  /** @throws CapstanError CAPSTAN_CONFIG_INVALID or CAPSTAN_EGRESS_DENIED */
  constructor(endpoint: HttpEndpoint) {
    this.#connection = new HttpConnection(endpoint);
    this.#notices = new NoticeStream({
      connection: this.#connection,
      headers: () => this.#context,
      hasSession: () => this.#sessionId !== undefined,
      onData: (data) => this.#fromStream(data),
      onLost: (failure) => this.#lost(failure),
    });
  }

  async start(events: TransportEvents): Promise<void> {
    this.#events = events;
  }

  request(message: RpcRequest, headers: readonly string[] = []): void {
    const sink = new RequestSink(message.id, this.#host);
    const drop = this.#connection.send(
      {
        method: 'POST',
        headers: headers.length === 0 ? this.#headers : [...this.#headers, ...headers],
        body: JSON.stringify(message),
        ...(message.method === 'subscriptions/listen' ? { longLived: true } : {}),
      },
      sink,
    );
    this.#open.set(message.id, drop);
  }

  post(message: RpcNotification | RpcReply): Promise<void> {
    return new Promise((resolve, reject) => {
      const body = JSON.stringify(message);
      this.#connection.send({ method: 'POST', headers: this.#headers, body }, statusSink(resolve, reject));
    });
  }

  abandon(id: RpcId): void {
    this.#open.get(id)?.();
    this.#open.delete(id);
  }

  async negotiated(agreement: Negotiated): Promise<void> {
    this.#agreement = agreement;
    this.#renewHeaders();
    if (agreement.era !== 'legacy') return;
    this.#notices.open(); // 4
    // Some servers answer only when there is something to say.
    const patience = new Promise<void>((resolve) => this.#later(STREAM_PATIENCE_MS, resolve));
    await Promise.race([this.#notices.answered, patience]);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const drop of this.#open.values()) drop();
    this.#open.clear();
    this.#notices.close();
    if (this.#sessionId !== undefined) await this.#endSession();
  }

  /** What the sinks of requests may do here. */
  readonly #host: SinkHost = {
    onMessage: (message, origin) => this.#events?.onMessage(message, origin),
    onSettled: (id) => void this.#open.delete(id),
    onFailed: (id, failure) => {
      this.#open.delete(id);
      this.#events?.onRequestFailed(id, failure);
      if (failure.kind === 'session_lost') this.#lost(failure);
    },
    onSession: (sessionId) => {
      this.#sessionId = sessionId;
      this.#renewHeaders();
    },
    hasSession: () => this.#sessionId !== undefined,
    resume: (id, sink, retryMs) => this.#resume(id, sink, retryMs),
  };

  #renewHeaders(): void {
    const version = this.#agreement?.era === 'legacy' ? ['mcp-protocol-version', this.#agreement.version] : [];
    const session = this.#sessionId === undefined ? [] : ['mcp-session-id', this.#sessionId];
    this.#context = [...version, ...session];
    this.#headers = [...JSON_HEADERS, ...this.#context];
  }

  /** 3 */
  #resume(id: RpcId, sink: RequestSink, retryMs: number): void {
    this.#later(retryMs, () => {
      if (!this.#open.has(id)) return;
      const headers = [...STREAM_HEADERS, ...this.#context, 'last-event-id', sink.lastEventId ?? ''];
      this.#open.set(id, this.#connection.send({ method: 'GET', headers, longLived: true }, sink));
    });
  }

  #fromStream(data: string): void {
    const message = parseMessage(data);
    if (message !== undefined) this.#events?.onMessage(message, undefined);
  }

  #lost(failure: TransportFailure): void {
    if (this.#isClosed) return;
    this.#sessionId = undefined;
    void this.close();
    this.#events?.onClose(failure);
  }

  #later(delayMs: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#isClosed) work();
    }, delayMs);
    this.#timers.add(timer);
  }

  #endSession(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => resolve();
      // Politeness: whether the server hears it changes nothing for us.
      const timer = setTimeout(done, 1_000);
      const over = (): void => {
        clearTimeout(timer);
        done();
      };
      this.#connection.send({ method: 'DELETE', headers: this.#context }, statusSink(over, over));
    });
  }
}

/** The sink of a message that gets no reply. */
function statusSink(resolve: () => void, reject: (failure: TransportFailure) => void): EndpointSink {
  let status = 0;
  return {
    onHead: (code) => {
      status = code;
    },
    onData: () => undefined,
    onEnd: () => {
      if (status < 300) resolve();
      else reject(new TransportFailure('protocol', `the MCP server answered HTTP ${status}`, { sent: true, status }));
    },
    onFailure: reject,
  };
}
