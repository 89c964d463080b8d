import {
  type AttemptFacts,
  type Authenticator,
  type Candidate,
  ended,
  type HttpAnswer,
  HttpFailure,
  type HttpTarget,
  outOfTime,
  readFailure,
} from '@capstan/http';
import { CapstanError, type Clock, type ErrorCode, type JsonValue } from '@capstan/sdk';
import type { CallWork } from '../attempt.ts';
import { ASKING_HEADERS } from '../contract-request.ts';
import { isObject, parseJson, type RemoteJob, readEnvelopeObject, readJob } from '../envelope.ts';
import { readAnswer, readOutcome } from '../read-answer.ts';
import { tellProgress } from './streamed-exchange.ts';

/** What following a job needs of its adapter. */
export interface JobServices {
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  /** Waits, and rejects when the call must not go on. */
  readonly pause: (ms: number) => Promise<void>;
  /** Work that outlives the call: the adapter waits for it when it closes. */
  readonly track: (work: Promise<unknown>) => void;
}

const FIRST_POLL_MS = 500;
const MIN_POLL_MS = 50;
const MAX_POLL_MS = 10_000;
const POLL_GROWTH = 1.5;
const CANCEL_TIMEOUT_MS = 2_000;
/** Failures in a row of a question that can be repeated at will. */
const MAX_FAILED_POLLS = 5;

/**
 * Asks after a job until it ends.
 *
 * 1. What the service says about the pause holds; where it says nothing, pauses grow.
 * 2. When the call ends first (cancelled, out of time, closing), the service hears of it by `DELETE`, once.
 * 3. A question that fails is asked again: it changes nothing at the service.
 * @throws CapstanError
 */
export async function followJob(
  work: CallWork,
  place: Candidate,
  first: RemoteJob,
  services: JobServices,
): Promise<JsonValue> {
  const path = statusPath(first, place.target, work.request.path);
  try {
    return await untilEnded(work, { target: place.target, path }, first, services);
  } catch (thrown) {
    if (thrown instanceof JobEnd) throw thrown.error;
    services.track(cancel(work, { target: place.target, path }, services.authenticator)); // 2
    throw thrown;
  }
}

interface JobPlace {
  readonly target: HttpTarget;
  readonly path: string;
}

/** The job came to an end by itself: there is nothing to cancel. */
class JobEnd extends Error {
  readonly error: CapstanError;
  constructor(error: CapstanError) {
    super(error.message);
    this.error = error;
  }
}

async function untilEnded(work: CallWork, at: JobPlace, first: RemoteJob, services: JobServices): Promise<JsonValue> {
  const { context } = work.call;
  let job = first;
  let failures = 0;
  for (let round = 0; ; round += 1) {
    if (job.progress !== undefined) tellProgress(context, job.progress);
    const remainingMs = context.deadline - services.clock.now();
    if (remainingMs <= 0) throw outOfTime(undefined, 1).error;
    await services.pause(Math.min(pollPause(job, round + failures), remainingMs));
    const answer = await poll(work, at, services);
    const step = readStep(answer, work, services.clock);
    if (step.kind === 'ended') return step.result;
    if (step.kind === 'running') [job, failures] = [step.job, 0];
    else failures += 1;
    if (step.kind === 'failed' && failures >= MAX_FAILED_POLLS) throw step.error;
  }
}

function pollPause(job: RemoteJob, round: number): number {
  const own = Math.min(MAX_POLL_MS, FIRST_POLL_MS * POLL_GROWTH ** round);
  return Math.max(MIN_POLL_MS, job.pollAfterMs ?? own);
}

type JobStep =
  | { readonly kind: 'running'; readonly job: RemoteJob }
  | { readonly kind: 'ended'; readonly result: JsonValue }
  /** The question failed, the job may be well. */
  | { readonly kind: 'failed'; readonly error: CapstanError };

const FACTS: Omit<AttemptFacts, 'timeoutMs'> = { number: 1, endsAtDeadline: false };

async function poll(
  work: CallWork,
  at: JobPlace,
  { authenticator, clock }: JobServices,
): Promise<HttpAnswer | HttpFailure> {
  const { call, policy } = work;
  const { signal } = call.context;
  const remainingMs = Math.ceil(call.context.deadline - clock.now());
  if (remainingMs <= 0) throw outOfTime(undefined, 1).error;
  try {
    return await authenticator.client(call.connection, { egress: call.policy?.egress }).exchange({
      ...at,
      method: 'GET',
      headers: ASKING_HEADERS,
      timeoutMs: Math.min(policy.timeoutMs, remainingMs),
      maxResponseBytes: policy.maxResponseBytes,
      signal,
    });
  } catch (cause) {
    if (signal.aborted) throw ended(work.call.context, { cause, attempts: 1, clock }).error;
    if (cause instanceof HttpFailure) return cause;
    throw cause;
  }
}

function readStep(answer: HttpAnswer | HttpFailure, { policy }: CallWork, clock: Clock): JobStep {
  const facts = { ...FACTS, timeoutMs: policy.timeoutMs };
  if (answer instanceof HttpFailure) return { kind: 'failed', error: readFailure(answer, facts).error };
  const body = parseJson(answer.body);
  const job = isObject(body) ? readJob(body.job) : undefined;
  const plain = job === undefined ? readAnswer(answer, facts, clock) : undefined;
  if (plain !== undefined) return withoutJob(plain);
  if (!isObject(body) || job === undefined) throw new Error('a job that is not there');
  const outcome = readOutcome(readEnvelopeObject(body), answer, facts, clock);
  switch (job.status) {
    case 'completed':
      if (outcome.ok && outcome.job === undefined) return { kind: 'ended', result: outcome.result };
      return { kind: 'ended', result: {} };
    case 'failed':
    case 'cancelled':
    case 'timeout':
      throw new JobEnd(isReported(body.error) && !outcome.ok ? outcome.error : endOf(job.status));
    default:
      return { kind: 'running', job };
  }
}

/** An answer about a job that names none: it may be lost (404), or the service has trouble. */
function withoutJob(outcome: ReturnType<typeof readAnswer>): JobStep {
  if (outcome.ok) {
    return { kind: 'failed', error: new CapstanError('CAPSTAN_REMOTE_INVALID_RESPONSE', 'The job has no state.') };
  }
  const { error, repetition } = outcome;
  if (repetition === 'never') throw new JobEnd(error);
  return { kind: 'failed', error };
}

function isReported(error: JsonValue | undefined): boolean {
  return isObject(error) || typeof error === 'string';
}

const ENDS: Readonly<Record<'failed' | 'cancelled' | 'timeout', readonly [ErrorCode, string]>> = {
  failed: ['CAPSTAN_REMOTE_REFUSED', 'The job failed at the remote service, which does not say why.'],
  cancelled: ['CAPSTAN_REMOTE_REFUSED', 'The job was cancelled at the remote service.'],
  timeout: ['CAPSTAN_REMOTE_TIMEOUT', 'The job took too long for the remote service.'],
};

function endOf(status: 'failed' | 'cancelled' | 'timeout'): CapstanError {
  const [code, message] = ENDS[status];
  return new CapstanError(code, message, { retriable: false, details: { job_status: status } });
}

/** Bounded by its own timeout; what becomes of it changes nothing for a call that is over. */
function cancel({ call }: CallWork, at: JobPlace, authenticator: Authenticator): Promise<unknown> {
  const client = authenticator.client(call.connection, { egress: call.policy?.egress });
  const request = { ...at, method: 'DELETE', headers: ASKING_HEADERS, timeoutMs: CANCEL_TIMEOUT_MS };
  return client.exchange(request).catch((cause: unknown) => {
    call.context.logger.warn('a job could not be cancelled at the remote service', { cause });
  });
}

/**
 * Where the job is asked for, below the target's base path: the token goes there, so it must be the same origin
 * (RFC 3986, section 5, against the URL of the call).
 */
function statusPath({ statusUrl }: RemoteJob, target: HttpTarget, callPath: string): string {
  const base = `${target.origin}${target.basePath}${callPath}`;
  const url = statusUrl === undefined ? null : URL.parse(statusUrl, base);
  const path = url === null ? '' : `${url.pathname}${url.search}`;
  if (url === null || url.origin !== new URL(base).origin || !path.startsWith(`${target.basePath}/`)) {
    throw new CapstanError(
      'CAPSTAN_REMOTE_INVALID_RESPONSE',
      'The remote service began a job whose status_url is missing or not its own.',
      {
        hint: 'status_url must be below base_url: the token of the connection is sent there.',
        details: { remote_status: 202, attempts: 1 },
      },
    );
  }
  return path.slice(target.basePath.length);
}
