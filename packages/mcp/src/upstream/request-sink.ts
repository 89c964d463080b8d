import type { HttpAnswer } from '@capstan/http';
import { type EndpointSink, unauthorized } from './http-connection.ts';
import { isReply, parseMessage, type RpcId, type RpcMessage, type RpcReply } from './message.ts';
import { SseReader } from './sse-reader.ts';
import { TransportFailure } from './transport.ts';

const MAX_BODY_BYTES = 10 * 1024 * 1024;
const MAX_RESUMES = 3;
const DEFAULT_RETRY_MS = 1_000;

/** What the sink of a request tells its transport. */
export interface SinkHost {
  onMessage(message: RpcMessage, origin: RpcId): void;
  onSettled(id: RpcId): void;
  onFailed(id: RpcId, failure: TransportFailure): void;
  onSession(sessionId: string): void;
  hasSession(): boolean;
  resume(id: RpcId, sink: RequestSink, retryMs: number): void;
}

/** Reads the answer of one request, JSON or a stream. */
export class RequestSink implements EndpointSink {
  readonly #id: RpcId;
  readonly #host: SinkHost;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #status = 0;
  #reader: SseReader | undefined;
  #isAnswered = false;
  #resumes = 0;

  constructor(id: RpcId, host: SinkHost) {
    this.#id = id;
    this.#host = host;
  }

  get lastEventId(): string | undefined {
    return this.#reader?.lastEventId;
  }

  onHead(status: number, headers: HttpAnswer['headers']): void {
    this.#status = status;
    const session = headers['mcp-session-id'];
    if (typeof session === 'string' && status < 300) this.#host.onSession(session);
    const type = headers['content-type'];
    if (status === 200 && typeof type === 'string' && type.startsWith('text/event-stream')) {
      this.#reader ??= new SseReader(({ data }) => this.#message(parseMessage(data)));
    }
  }

  onData(chunk: Buffer): void {
    if (this.#reader !== undefined && this.#status === 200) {
      this.#events(this.#reader, chunk);
      return;
    }
    this.#bytes += chunk.length;
    if (this.#bytes <= MAX_BODY_BYTES) this.#chunks.push(chunk);
  }

  onEnd(): void {
    if (this.#reader === undefined || this.#status !== 200) this.#body();
    if (!this.#isAnswered) this.#broken(undefined);
  }

  onFailure(failure: TransportFailure): void {
    if (!this.#isAnswered) this.#broken(failure);
  }

  #events(reader: SseReader, chunk: Buffer): void {
    try {
      reader.push(chunk);
    } catch (cause) {
      this.#fail(new TransportFailure('protocol', 'an event of the MCP server is too large', { sent: true, cause }));
    }
  }

  #body(): void {
    if (this.#bytes > MAX_BODY_BYTES) {
      this.#fail(tooLarge());
      return;
    }
    const [first = EMPTY] = this.#chunks;
    const body = this.#chunks.length < 2 ? first : Buffer.concat(this.#chunks, this.#bytes);
    const message = parseMessage(body.toString('utf8'));
    // An error with a JSON-RPC body is the server's answer, except for what HTTP alone may say.
    if (message !== undefined && isReply(message) && (this.#status < 400 || this.#isOwnAnswer(message))) {
      this.#message({ ...message, id: this.#id });
    } else if (this.#status >= 300) this.#fail(this.#ofStatus(message));
  }

  #isOwnAnswer(message: RpcReply): boolean {
    const ofHttp = this.#status === 401 || this.#status === 403 || this.#status >= 500;
    return message.id === this.#id && !ofHttp && !(this.#status === 404 && this.#host.hasSession());
  }

  #ofStatus(message: RpcMessage | undefined): TransportFailure {
    const status = this.#status;
    if (status === 404 && this.#host.hasSession()) return sessionLost();
    if (status === 401 || status === 403) return unauthorized(status);
    const said = message !== undefined && 'error' in message ? `: ${message.error.message}` : '';
    const kind = status >= 500 ? 'unreachable' : 'protocol';
    return new TransportFailure(kind, `the MCP server answered HTTP ${status}${said}`, { sent: status >= 500, status });
  }

  #message(message: RpcMessage | undefined): void {
    if (message === undefined || this.#isAnswered) return;
    if (isReply(message)) {
      this.#isAnswered = true;
      this.#host.onSettled(this.#id);
    }
    this.#host.onMessage(message, this.#id);
  }

  #broken(failure: TransportFailure | undefined): void {
    if (this.lastEventId !== undefined && this.#resumes < MAX_RESUMES) {
      this.#resumes += 1;
      this.#host.resume(this.#id, this, this.#reader?.retryMs ?? DEFAULT_RETRY_MS);
    } else this.#fail(failure ?? noReply());
  }

  #fail(failure: TransportFailure): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#host.onFailed(this.#id, failure);
  }
}

const EMPTY = Buffer.alloc(0);

/** A 404 to a session id. */
export function sessionLost(): TransportFailure {
  return new TransportFailure('session_lost', 'the MCP server has forgotten the session', { sent: false, status: 404 });
}

function noReply(): TransportFailure {
  return new TransportFailure('protocol', 'the MCP server ended its answer without a reply', { sent: true });
}

function tooLarge(): TransportFailure {
  return new TransportFailure('protocol', `the MCP server answered more than ${MAX_BODY_BYTES} bytes`, { sent: true });
}
