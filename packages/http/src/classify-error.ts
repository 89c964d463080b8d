import { errors } from 'undici';
import { EgressRefusal } from './address-guard.ts';
import { HttpFailure, type HttpFailureKind } from './http-failure.ts';

/** How far an exchange had come when it failed. */
export type ExchangePhase =
  /** Nothing was written: it waited for a connection. */
  | 'waiting'
  /** The request was handed to the socket. */
  | 'sent'
  /** The status line and headers had arrived. */
  | 'answering';

/** Turns an error of undici, of a socket or of the resolver into one of ours. */
export function classifyError(
  error: Error,
  exchange: { origin: string; phase: ExchangePhase; status: number },
): HttpFailure {
  const kind = kindOf(error, exchange.phase);
  return new HttpFailure(kind, `${sentence(kind, error)}: ${exchange.origin}`, {
    sent: exchange.phase !== 'waiting',
    ...(exchange.phase === 'answering' ? { status: exchange.status } : {}),
    cause: error instanceof errors.HTTPParserError ? withoutData(error) : error,
  });
}

const BY_CODE: Readonly<Record<string, HttpFailureKind>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  EHOSTDOWN: 'refused',
  ENETUNREACH: 'refused',
  EADDRNOTAVAIL: 'refused',
  ENOTFOUND: 'dns',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_INVALID_ARG: 'invalid_request',
  UND_ERR_NOT_SUPPORTED: 'invalid_request',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'invalid_request',
  UND_ERR_DESTROYED: 'closed',
  UND_ERR_CLOSED: 'closed',
  UND_ERR_HEADERS_OVERFLOW: 'protocol',
};

/** OpenSSL's names of certificate errors, which Node gives as codes. */
const CERTIFICATE = /CERT|SIGNATURE|CRL|HOSTNAME_MISMATCH|^UNABLE_TO_|^(?:ERR_TLS|ERR_SSL|ERR_OSSL)_|^EPROTO$/;

function kindOf(error: Error, phase: ExchangePhase): HttpFailureKind {
  if (error instanceof EgressRefusal) return 'egress_denied';
  // undici has no code for most of them; llhttp's reason is in the message.
  if (error instanceof errors.HTTPParserError) return error.message.includes('EOF') ? 'truncated' : 'protocol';
  if (error instanceof errors.ResponseContentLengthMismatchError)
    return phase === 'answering' ? 'truncated' : 'protocol';
  const code = codeOf(error);
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  if (code.startsWith('EAI_')) return 'dns';
  if (phase === 'waiting' && CERTIFICATE.test(code)) return 'tls';
  return phase === 'answering' ? 'truncated' : 'reset';
}

function sentence(kind: HttpFailureKind, error: Error): string {
  switch (kind) {
    case 'egress_denied':
    case 'tls':
    case 'invalid_request':
      return error.message;
    default:
      return SENTENCES[kind];
  }
}

const SENTENCES: Readonly<Record<Exclude<HttpFailureKind, 'egress_denied' | 'tls' | 'invalid_request'>, string>> = {
  dns: 'the host name does not resolve',
  refused: 'no connection',
  reset: 'the connection broke before an answer came',
  timeout: 'no connection in time',
  cancelled: 'cancelled',
  too_large: 'the answer is too long',
  truncated: 'the connection broke in the middle of the answer',
  protocol: 'what came back is not HTTP/1.1',
  closed: 'the client is closed',
};

/** A parser error carries the bytes that it choked on, and the other side may have echoed a credential in them. */
function withoutData(error: Error): Error {
  return new Error(error.message);
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
