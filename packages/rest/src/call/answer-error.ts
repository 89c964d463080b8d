import { type HttpAnswer, retryAfterMs } from '@capstan/http';
import { maskSecrets } from '@capstan/schema';
import { CapstanError, type ErrorCode, type JsonObject, type JsonValue } from '@capstan/sdk';
import type { ErrorRule } from '../backend/http-backend.ts';
import { isObject } from '../json-object.ts';
import { readableBody } from './answer-content.ts';
import type { SentAnswer } from './send.ts';

const MAX_MESSAGE_LENGTH = 1_000;
/** What masking looks through; a secret that the cut halves is cut off with the margin. */
const MAX_SCANNED_LENGTH = 8_192;
const MARGIN = 4_096;

/** What an error says beyond what the status tells. */
export interface ErrorWords {
  readonly code?: ErrorCode | undefined;
  readonly message?: string | undefined;
  readonly hint?: string | undefined;
  readonly retriable?: boolean | undefined;
}

/** The error that an answer is, in the words of a rule where there is one. */
export function answerError({ answer, attempts }: SentAnswer, words: ErrorWords, now: number): CapstanError {
  const body = readableBody(answer);
  const code = words.code ?? codeOfStatus(answer.status);
  const own = words.message ?? messageIn(body);
  const redirect = answer.headers.location;
  const what =
    own === undefined ? fallbackMessage(answer) : `The service answered ${answer.status}: ${foreignText(own)}`;
  const waitMs = retryAfterMs(answer.headers['retry-after'], now);
  const remoteCode = codeIn(body);
  const details: JsonObject = {
    remote_status: answer.status,
    ...(remoteCode === undefined ? {} : { remote_code: foreignText(remoteCode, 200) }),
    ...(waitMs === undefined ? {} : { retry_after_ms: waitMs }),
    attempts,
  };
  const hint = words.hint ?? (redirect === undefined ? HINTS[code] : undefined);
  return new CapstanError(code, what, {
    ...(hint === undefined ? {} : { hint }),
    ...(words.retriable === undefined ? {} : { retriable: words.retriable }),
    details,
  });
}

/** Whether a rule is about an answer's status. Without statuses it is about all errors, or where it has `when`, about all. */
export function isAboutStatus({ statuses, when }: ErrorRule, status: number): boolean {
  if (statuses === undefined) return when !== undefined || !isSuccess(status);
  return statuses.some((each) => each === String(status) || each === `${String(status).charAt(0)}xx`);
}

/** Whether a status says that the request was done. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function fallbackMessage({ status, headers }: HttpAnswer): string {
  const { location } = headers;
  if (status < 400 && location !== undefined) {
    return `The service answered ${status} with a redirect to ${foreignText(String(location), 300)}, which is not followed.`;
  }
  return `The service answered ${status}.`;
}

/** Text of a service as it may reach a caller: without any secret of this host, and not too long. */
export function foreignText(text: string, limit: number = MAX_MESSAGE_LENGTH): string {
  if (text.length <= MAX_SCANNED_LENGTH) return maskSecrets(text).slice(0, limit);
  const masked = maskSecrets(text.slice(0, MAX_SCANNED_LENGTH));
  return masked.slice(0, Math.min(limit, Math.max(0, masked.length - MARGIN)));
}

const MESSAGE_KEYS = ['message', 'error_description', 'detail', 'title', 'error', 'msg', 'description', 'reason'];
const MAX_TEXT_LENGTH = 300;

/** The message in an error body, under the names that services use (RFC 9457 among them). */
function messageIn(body: JsonValue): string | undefined {
  if (typeof body === 'string')
    return /^\s*</.test(body) ? undefined : body.trim().slice(0, MAX_TEXT_LENGTH) || undefined;
  if (Array.isArray(body)) return body.length === 0 ? undefined : messageIn(body[0]);
  if (!isObject(body)) return undefined;
  for (const key of MESSAGE_KEYS) {
    const value = Object.hasOwn(body, key) ? body[key] : undefined;
    if (typeof value === 'string' && value !== '') return value;
    if (isObject(value)) return messageIn(value);
  }
  return Array.isArray(body.errors) ? messageIn(body.errors) : undefined;
}

function codeIn(body: JsonValue): string | undefined {
  if (!isObject(body)) return undefined;
  const { error } = body;
  const nested: JsonObject = isObject(error) ? error : body;
  const code = nested.code ?? nested.type ?? (typeof error === 'string' ? error : undefined);
  return typeof code === 'string' || typeof code === 'number' ? String(code) : undefined;
}

function codeOfStatus(status: number): ErrorCode {
  if (status < 400) return 'CAPSTAN_REMOTE_INVALID_RESPONSE';
  return CODES[status] ?? (status >= 500 ? 'CAPSTAN_REMOTE_UNAVAILABLE' : 'CAPSTAN_REMOTE_REFUSED');
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'CAPSTAN_REMOTE_AUTH',
  403: 'CAPSTAN_REMOTE_AUTH',
  404: 'CAPSTAN_REMOTE_NOT_FOUND',
  408: 'CAPSTAN_REMOTE_TIMEOUT',
  410: 'CAPSTAN_REMOTE_NOT_FOUND',
  413: 'CAPSTAN_PAYLOAD_TOO_LARGE',
  429: 'CAPSTAN_REMOTE_RATE_LIMITED',
  504: 'CAPSTAN_REMOTE_TIMEOUT',
};

const HINTS: Readonly<Partial<Record<ErrorCode, string>>> = {
  CAPSTAN_REMOTE_AUTH: 'The service refused the credentials, or they may not do this; look at the connection.',
  CAPSTAN_REMOTE_NOT_FOUND: 'There is nothing of that name at the service; check the arguments.',
  CAPSTAN_REMOTE_REFUSED: 'The service refused the request; its message says why. Correct the arguments.',
  CAPSTAN_REMOTE_INVALID_RESPONSE: 'The service answered something that the tool does not understand; tell its author.',
};
