/** Every way in which an exchange can end without an answer. */
export type HttpFailureKind =
  /** The egress rules forbid the address. */
  | 'egress_denied'
  /** The request cannot be put on the wire: a header value with a line break, a bad path. */
  | 'invalid_request'
  | 'dns'
  | 'refused'
  | 'tls'
  /** The connection broke before the answer began. */
  | 'reset'
  | 'timeout'
  | 'cancelled'
  /** The answer is longer than `maxResponseBytes`. */
  | 'too_large'
  /** The connection broke in the middle of the answer. */
  | 'truncated'
  /** What came back is not HTTP/1.1. */
  | 'protocol'
  /** This client is closed. */
  | 'closed';

/** The facts of an {@link HttpFailure}. */
export interface HttpFailureFacts {
  /** Whether the other side may have seen the request. When in doubt, true. */
  readonly sent: boolean;
  /** The status, where the answer had begun. */
  readonly status?: number;
  readonly cause?: unknown;
}

/**
 * Why an exchange gave no answer. Its message names the origin and no secret.
 *
 * `sent` is false only where nothing of the request was written: a refused connection, a name that does not resolve,
 * a certificate that does not fit, a forbidden address, or an end before the exchange had a connection.
 */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly kind: HttpFailureKind;
  readonly sent: boolean;
  readonly status: number | undefined;

  constructor(kind: HttpFailureKind, message: string, facts: HttpFailureFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.kind = kind;
    this.sent = facts.sent;
    this.status = facts.status;
  }
}
