import type { RpcId, RpcMessage, RpcNotification, RpcReply, RpcRequest } from './message.ts';

/** Why a message did not get through, or a connection ended. */
export type TransportFailureKind =
  /** Nobody answers there: no connection, no such command, the process ended. */
  | 'unreachable'
  /** The server does not know our session any more: it restarted, or forgot it. */
  | 'session_lost'
  /** 401 or 403. */
  | 'auth'
  | 'timeout'
  /** The egress rules forbid the address. */
  | 'egress_denied'
  /** An answer that is no MCP. */
  | 'protocol'
  /** Closed by us. */
  | 'closed';

/** A failure of the way to a server, as opposed to an answer of it. */
export class TransportFailure extends Error {
  override readonly name = 'TransportFailure';
  readonly kind: TransportFailureKind;
  /** Whether the server may have seen the request. When in doubt, true. */
  readonly sent: boolean;
  readonly status: number | undefined;

  constructor(
    kind: TransportFailureKind,
    message: string,
    facts: { readonly sent: boolean; readonly status?: number; readonly cause?: unknown },
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.kind = kind;
    this.sent = facts.sent;
    this.status = facts.status;
  }
}

/** Hears what a transport brings. */
export interface TransportEvents {
  /** `origin` is the request of ours on whose stream a message came, where the transport knows it. */
  onMessage(message: RpcMessage, origin: RpcId | undefined): void;
  /** A request of ours will get no reply. */
  onRequestFailed(id: RpcId, failure: TransportFailure): void;
  /** The connection is over for good; told once, and not after `close`. */
  onClose(failure: TransportFailure): void;
}

/** What the two sides agreed on. */
export interface Negotiated {
  readonly era: 'legacy' | 'modern';
  readonly version: string;
}

/** One connection to one server. */
export interface UpstreamTransport {
  readonly kind: 'http' | 'sse' | 'stdio';
  /** Resolves when messages can be sent. @throws TransportFailure */
  start(events: TransportEvents): Promise<void>;
  /** Sends a request of ours; `headers` count on HTTP alone. Failure is told to `onRequestFailed`. */
  request(message: RpcRequest, headers?: readonly string[]): void;
  /** Sends what gets no reply. @throws TransportFailure */
  post(message: RpcNotification | RpcReply): Promise<void>;
  /** Nobody waits for the reply of this request any more. */
  abandon(id: RpcId): void;
  /** The handshake is over. Resolves when calls may be made. */
  negotiated(agreement: Negotiated): Promise<void> | void;
  /** Ends the connection, and the session or the process behind it. Never rejects. */
  close(): Promise<void>;
}
