import { type EndpointSink, HttpConnection, type HttpEndpoint, unauthorized } from './http-connection.ts';
import {
  isReply,
  parseMessage,
  type RpcId,
  type RpcMessage,
  type RpcNotification,
  type RpcReply,
  type RpcRequest,
} from './message.ts';
import { type SseEvent, SseReader } from './sse-reader.ts';
import { type Negotiated, type TransportEvents, TransportFailure, type UpstreamTransport } from './transport.ts';

const JSON_HEADERS = ['content-type', 'application/json'];

/**
 * HTTP with SSE, revision 2024-11-05: one GET stream brings everything, messages go to the address that it names first.
 * That address must have the origin of the stream: credentials go nowhere else.
 */
export class SseTransport implements UpstreamTransport {
  readonly kind = 'sse';
  readonly #connection: HttpConnection;
  readonly #startTimeoutMs: number;
  #drop: (() => void) | undefined;
  #address: URL | undefined;
  #events: TransportEvents | undefined;
  #isOver = false;

  /** @throws CapstanError CAPSTAN_CONFIG_INVALID or CAPSTAN_EGRESS_DENIED */
  constructor(endpoint: HttpEndpoint) {
    this.#connection = new HttpConnection(endpoint);
    this.#startTimeoutMs = endpoint.headTimeoutMs;
  }

  start(events: TransportEvents): Promise<void> {
    this.#events = events;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => fail(silent()), this.#startTimeoutMs);
      const fail = (failure: TransportFailure): void => {
        clearTimeout(timer);
        reject(failure);
        this.#end(failure);
      };
      const onEvent = ({ type, data }: SseEvent): void => {
        const address = type === 'endpoint' ? URL.parse(data, this.#connection.url) : undefined;
        if (address === undefined) this.#message(parseMessage(data));
        else if (address?.origin !== this.#connection.url.origin) fail(strangeAddress());
        else {
          this.#address = address;
          clearTimeout(timer);
          resolve();
        }
      };
      const sink = streamSink(new SseReader(onEvent), fail);
      this.#drop = this.#connection.send(
        { method: 'GET', headers: ['accept', 'text/event-stream'], longLived: true },
        sink,
      );
    });
  }

  request(message: RpcRequest): void {
    this.post(message).catch((failure: TransportFailure) => this.#events?.onRequestFailed(message.id, failure));
  }

  post(message: RpcRequest | RpcNotification | RpcReply): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#address === undefined || this.#isOver) return reject(ended());
      let status = 0;
      this.#connection.send(
        { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(message), url: this.#address },
        {
          onHead: (code) => {
            status = code;
          },
          onData: () => undefined,
          onEnd: () => (status < 300 ? resolve() : reject(this.#refused(status))),
          onFailure: reject,
        },
      );
    });
  }

  abandon(_id: RpcId): void {
    // Its reply would come on the one stream, and finds nobody.
  }

  negotiated(_agreement: Negotiated): void {
    // This revision has no version header.
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.#drop?.();
  }

  #message(message: RpcMessage | undefined): void {
    if (message === undefined || this.#isOver) return;
    this.#events?.onMessage(message, isReply(message) && message.id !== null ? message.id : undefined);
  }

  #refused(status: number): TransportFailure {
    if (status === 401 || status === 403) return unauthorized(status);
    if (status !== 404) {
      return new TransportFailure('protocol', `the MCP server answered HTTP ${status}`, { sent: true, status });
    }
    const lost = new TransportFailure('session_lost', 'the MCP server has forgotten the session', {
      sent: false,
      status,
    });
    this.#end(lost);
    return lost;
  }

  #end(failure: TransportFailure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#drop?.();
    this.#events?.onClose(failure);
  }
}

function streamSink(reader: SseReader, fail: (failure: TransportFailure) => void): EndpointSink {
  let status = 0;
  return {
    onHead: (code) => {
      status = code;
    },
    onData: (chunk) => {
      if (status === 200) reader.push(chunk);
    },
    onEnd: () => {
      if (status === 401 || status === 403) return fail(unauthorized(status));
      const what = status === 200 ? 'the MCP server ended its stream' : `the MCP server answered HTTP ${status}`;
      return fail(new TransportFailure(status === 200 ? 'unreachable' : 'protocol', what, { sent: true, status }));
    },
    onFailure: fail,
  };
}

function silent(): TransportFailure {
  return new TransportFailure('timeout', 'the SSE stream of the MCP server names no address for messages', {
    sent: true,
  });
}

function strangeAddress(): TransportFailure {
  return new TransportFailure('protocol', 'the SSE stream names an address of another origin', { sent: true });
}

function ended(): TransportFailure {
  return new TransportFailure('unreachable', 'the SSE stream of the MCP server has ended', { sent: false });
}
