import { type AttemptFacts, type AttemptFailure, type HttpAnswer, type Repetition, retryAfterMs } from '@capstan/http';
import { CapstanError, type CapstanErrorOptions, type Clock, type ErrorCode, type JsonObject } from '@capstan/sdk';
import type { AttemptOutcome } from './attempt-outcome.ts';
import { type Envelope, readEnvelope } from './envelope.ts';
import { foreignDetails, foreignText } from './foreign-text.ts';

/** Makes of an answer, whatever it is, a result or a typed failure. */
export function readAnswer(answer: HttpAnswer, facts: AttemptFacts, clock: Clock): AttemptOutcome {
  return readOutcome(readEnvelope(answer), answer, facts, clock);
}

/** {@link readAnswer} for an envelope that came in another way: as an event, or beside a job. */
export function readOutcome(envelope: Envelope, answer: HttpAnswer, facts: AttemptFacts, clock: Clock): AttemptOutcome {
  const isSuccessStatus = answer.status >= 200 && answer.status < 300;
  if (isSuccessStatus && envelope.kind === 'success') return { ok: true, result: envelope.result };
  if (answer.status === 202 && envelope.kind === 'job') return { ok: true, job: envelope.job };
  const circumstances = { answer, facts, clock };
  if (envelope.kind === 'error') return reported(envelope, circumstances);
  if (answer.status < 400 || envelope.kind === 'success') return outsideContract(envelope, circumstances);
  return unexplained(circumstances);
}

interface Circumstances {
  readonly answer: HttpAnswer;
  readonly facts: AttemptFacts;
  readonly clock: Clock;
}

/** The service says itself what went wrong; its status, where that is an error's, says of what sort it is. */
function reported(envelope: Extract<Envelope, { kind: 'error' }>, circumstances: Circumstances): AttemptFailure {
  const { answer } = circumstances;
  const code = answer.status < 400 ? 'CAPSTAN_REMOTE_REFUSED' : codeOfStatus(answer.status);
  const { retriable } = envelope;
  const message =
    envelope.message ?? `The remote service answered ${answer.status} and reported a failure without a message.`;
  return failure(code, foreignText(message), circumstances, {
    ...(retriable === undefined ? {} : { retriable, repetition: retriable ? 'nothing_done' : 'never' }),
    ...(code === 'CAPSTAN_REMOTE_NOT_FOUND' ? { hint: NOT_FOUND_HINT } : {}),
    details: {
      ...(envelope.code === undefined ? {} : { remote_code: foreignText(envelope.code, MAX_CODE_LENGTH) }),
      remote_details: foreignDetails(envelope.details),
    },
  });
}

const MAX_CODE_LENGTH = 200;
const NOT_FOUND_HINT =
  'The service does not know the tool or something that the arguments name; its message says which.';

/** An error status, and nothing that the contract would understand. */
function unexplained(circumstances: Circumstances): AttemptFailure {
  const { answer } = circumstances;
  const message = `The remote service answered ${answer.status} without an error envelope.`;
  return failure(codeOfStatus(answer.status), message, circumstances, { cause: excerpt(answer) });
}

function outsideContract(envelope: Envelope, circumstances: Circumstances): AttemptFailure {
  const { answer } = circumstances;
  const message = `The remote service answered ${answer.status} ${complaint(envelope, answer)}.`;
  return failure('CAPSTAN_REMOTE_INVALID_RESPONSE', foreignText(message), circumstances, { cause: excerpt(answer) });
}

function complaint(envelope: Envelope, { status, headers }: HttpAnswer): string {
  const { location } = headers;
  if (status >= 300 && status < 400 && location !== undefined) {
    return `with a redirect to ${String(location)}, which is not followed`;
  }
  if (envelope.kind === 'job') return 'with a job, which belongs to 202';
  return envelope.kind === 'none' ? envelope.why : 'with "success": true, which contradicts its status';
}

function failure(
  code: ErrorCode,
  message: string,
  { answer, facts, clock }: Circumstances,
  options: CapstanErrorOptions & { readonly repetition?: Repetition },
): AttemptFailure {
  const waitMs = retryAfterMs(answer.headers['retry-after'], clock.now());
  const details: JsonObject = {
    remote_status: answer.status,
    ...options.details,
    ...(waitMs === undefined ? {} : { retry_after_ms: waitMs }),
    attempts: facts.number,
  };
  const error = new CapstanError(code, message, { ...options, details });
  return {
    ok: false,
    error,
    repetition: options.repetition ?? repetitionOf(answer.status, error.retriable),
    health: isDown(answer.status, code) ? 'down' : 'up',
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  };
}

/** 429 and 503 say that the request was not taken up (RFC 6585, section 4; RFC 9110, section 15.6.4). */
function repetitionOf(status: number, retriable: boolean): Repetition {
  if (!retriable) return 'never';
  return status === 429 || status === 503 ? 'nothing_done' : 'if_repeatable';
}

function isDown(status: number, code: ErrorCode): boolean {
  return status >= 500 || status === 408 || code === 'CAPSTAN_REMOTE_INVALID_RESPONSE';
}

function codeOfStatus(status: number): ErrorCode {
  return CODES[status] ?? (status >= 500 ? 'CAPSTAN_REMOTE_UNAVAILABLE' : 'CAPSTAN_REMOTE_REFUSED');
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'CAPSTAN_REMOTE_AUTH',
  403: 'CAPSTAN_REMOTE_AUTH',
  404: 'CAPSTAN_REMOTE_NOT_FOUND',
  408: 'CAPSTAN_REMOTE_TIMEOUT',
  413: 'CAPSTAN_PAYLOAD_TOO_LARGE',
  429: 'CAPSTAN_REMOTE_RATE_LIMITED',
  504: 'CAPSTAN_REMOTE_TIMEOUT',
};

const EXCERPT_LENGTH = 200;

/** The beginning of the body, for the operator's log. */
function excerpt({ body }: HttpAnswer): Error {
  const text = body.toString('utf8');
  return new Error(`the body begins: ${JSON.stringify(foreignText(text, EXCERPT_LENGTH))}`);
}
