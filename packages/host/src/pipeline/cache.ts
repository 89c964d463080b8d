import type { CacheKey, CacheTicket, ResultCache } from '@capstan/limits';
import {
  CapstanError,
  type Clock,
  type ErrorCode,
  type InvocationOutcome,
  type InvocationResult,
  isCapstanError,
  type Logger,
} from '@capstan/sdk';
import type { CacheUse } from '../audit/audit-record.ts';
import type { Host, InvokeRequest } from '../host.ts';
import type { CachePolicy, ToolEntry } from '../workspace/tool-entry.ts';
import { configDigest, contractDigest, digestOf, questionOf } from './call-identity.ts';
import type { Interceptor, Invocation, Next } from './invocation.ts';
import { failed } from './outcome.ts';

/** The `meta` key under which a caller finds that a result was kept. */
const CACHE_META_KEY = 'capstan/cache';

/** How a call ends for reasons of its own caller, which say nothing to whoever waits for the same. */
const OWN_ENDS: ReadonlySet<ErrorCode> = new Set([
  'CAPSTAN_CANCELLED',
  'CAPSTAN_DEADLINE_EXCEEDED',
  'CAPSTAN_RATE_LIMITED',
  'CAPSTAN_LIMITS_UNAVAILABLE',
]);

interface CacheStageOptions {
  readonly cache: ResultCache;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly invoke: Host['invoke'];
}

/** What a call asks, and where its answer is kept. */
interface Question {
  readonly invocation: Invocation;
  readonly tool: ToolEntry;
  readonly policy: CachePolicy;
  readonly key: CacheKey;
}

type Success = Extract<InvocationOutcome, { readonly status: 'succeeded' }>;

/**
 * Answers with results that were kept, for tools that ask for it.
 *
 * 1. Only what succeeded is kept.
 * 2. Of identical calls at the same time one is made, and its answer is everybody's. Whoever waits keeps its own deadline
 *    and may cancel; a call that its own caller ended is made again by one of those who wait.
 * 3. A result that is no longer fresh may stand in while one call fetches a new one: through the whole pipeline, as the
 *    principal whose call found it old, and with a record of its own.
 * 4. The question includes all that the tool gets to see, see `questionOf`.
 */
export function cacheStage(options: CacheStageOptions): Interceptor {
  const desk = new CacheDesk(options);
  return {
    stage: 'cache',
    intercept(invocation, next) {
      const { tool } = invocation;
      return tool?.cache === undefined ? next(invocation) : desk.answer(invocation, tool, tool.cache, next);
    },
  };
}

/** The key of a call. @throws CapstanError where no connection fits; TypeError or RangeError where JSON cannot carry the arguments */
function cacheKeyOf(invocation: Invocation, tool: ToolEntry, policy: CachePolicy): CacheKey {
  const connection = tool.runner.connectionId?.(invocation.request.connection) ?? '';
  const parts = [connection, configDigest(invocation), contractDigest(tool), questionOf(invocation)];
  const { workspaceId: workspace } = invocation;
  const scope = { workspace, tool: tool.definition.id, connection, tags: policy.tags };
  return { id: digestOf(parts), scope: { ...scope, arguments: digestOf([invocation.arguments]) } };
}

class CacheDesk {
  readonly #options: CacheStageOptions;
  /** Calls under way, by the id of their question. */
  readonly #flights = new Map<string, Promise<InvocationOutcome>>();
  readonly #refreshing = new WeakSet<InvokeRequest>();

  constructor(options: CacheStageOptions) {
    this.#options = options;
  }

  async answer(invocation: Invocation, tool: ToolEntry, policy: CachePolicy, next: Next): Promise<InvocationOutcome> {
    const key = this.#keyOf(invocation, tool, policy);
    if (key === undefined) return next(invocation);
    const question: Question = { invocation, tool, policy, key };
    if (this.#refreshing.has(invocation.request)) return this.#leadAnew(question, next);
    const now = this.#options.clock.now();
    const asked = this.#options.cache.find(key, now);
    const found = asked instanceof Promise ? await asked : asked;
    if (found.kind === 'none') return this.#flyTogether(question, found.ticket, next);
    if (found.kind === 'stale') this.#refresh(question);
    const result = parsed(found.entry.text);
    if (result === undefined) return this.#leadAnew(question, next);
    return this.#note(question, found.kind === 'fresh' ? 'hit' : 'stale', result, now - found.entry.storedAt);
  }

  /** Arguments that have no key are no reason to refuse a call, and an ambiguous connection is told where it is bound. */
  #keyOf(invocation: Invocation, tool: ToolEntry, policy: CachePolicy): CacheKey | undefined {
    try {
      return cacheKeyOf(invocation, tool, policy);
    } catch (cause) {
      if (!isCapstanError(cause)) {
        this.#options.logger.debug('a call has no key', { executionId: invocation.executionId, cause });
      }
      return undefined;
    }
  }

  async #flyTogether(question: Question, ticket: CacheTicket, next: Next): Promise<InvocationOutcome> {
    for (;;) {
      const flight = this.#flights.get(question.key.id);
      if (flight === undefined) return this.#lead(question, ticket, next);
      const outcome = await untilOwnEnd(question, flight, this.#options.clock.now());
      if (outcome.status === 'succeeded') return this.#note(question, 'shared', outcome.result, 0);
      const { executionId } = question.invocation;
      if (outcome.executionId === executionId) return outcome;
      if (outcome.status === 'failed' && !OWN_ENDS.has(outcome.error.code)) return { ...outcome, executionId };
    }
  }

  /** For a question that has an answer which does not do. */
  async #leadAnew(question: Question, next: Next): Promise<InvocationOutcome> {
    return this.#lead(question, await this.#options.cache.ticketFor(question.key), next);
  }

  #lead(question: Question, ticket: CacheTicket, next: Next): Promise<InvocationOutcome> {
    const { invocation, key } = question;
    const { cache } = this.#options;
    invocation.cacheUse = 'miss';
    cache.count(key.scope, 'misses');
    const flight = Promise.try(next, invocation).then((outcome) => {
      if (outcome.status === 'succeeded') this.#keep(question, outcome, ticket);
      else cache.count(key.scope, 'errors');
      return outcome;
    });
    this.#flights.set(key.id, flight);
    const land = (): void => {
      if (this.#flights.get(key.id) === flight) this.#flights.delete(key.id);
    };
    flight.then(land, land);
    return flight;
  }

  #keep({ key, policy }: Question, { result, fallback }: Success, ticket: CacheTicket): void {
    if (fallback !== undefined) return;
    const text = written(result);
    if (text === undefined) return;
    const storedAt = this.#options.clock.now();
    const freshUntil = storedAt + policy.ttlMs;
    this.#options.cache.keep(key, { text, storedAt, freshUntil, staleUntil: freshUntil + policy.staleMs }, ticket);
  }

  /** One call fetches a new result; whoever found the old one does not wait for it. */
  #refresh({ invocation, tool, key }: Question): void {
    if (this.#flights.has(key.id)) return;
    const { workspaceId: workspace, principal, request } = invocation;
    const refresh: InvokeRequest = {
      workspace,
      principal,
      tool: tool.definition.id,
      arguments: invocation.arguments,
      surface: 'tool',
      ...(request.connection === undefined ? {} : { connection: request.connection }),
      ...(request.context === undefined ? {} : { context: request.context }),
      ...(request.traceparent === undefined ? {} : { traceparent: request.traceparent }),
    };
    this.#refreshing.add(refresh);
    // It is under way from now on, however long it takes to reach this stage again.
    const flight = this.#options.invoke(refresh);
    this.#flights.set(key.id, flight);
    const land = (): void => {
      if (this.#flights.get(key.id) === flight) this.#flights.delete(key.id);
    };
    flight.then(land, land);
  }

  #note(
    { invocation, key }: Question,
    use: Exclude<CacheUse, 'miss'>,
    result: InvocationResult,
    ageMs: number,
  ): Success {
    invocation.cacheUse = use;
    invocation.connectionId = key.scope.connection === '' ? undefined : key.scope.connection;
    this.#options.cache.count(key.scope, use === 'hit' ? 'hits' : use);
    const meta = { ...result.meta, [CACHE_META_KEY]: { status: use, age_ms: ageMs } };
    return { status: 'succeeded', executionId: invocation.executionId, result: { ...result, meta } };
  }
}

/** The flight's outcome, or how this caller's own time or wish ends its waiting. */
function untilOwnEnd(
  { invocation, tool }: Question,
  flight: Promise<InvocationOutcome>,
  now: number,
): Promise<InvocationOutcome> {
  const { request } = invocation;
  const endsAt = Math.min(invocation.startedAt + tool.policy.deadlineMs, request.deadline ?? Number.POSITIVE_INFINITY);
  const remainingMs = endsAt - now;
  if (request.signal?.aborted) return failed(invocation, cancelled());
  if (remainingMs <= 0) return failed(invocation, tooLate());
  const own = Promise.withResolvers<InvocationOutcome>();
  const onAbort = (): void => own.resolve(failed(invocation, cancelled()));
  const timer = setTimeout(() => own.resolve(failed(invocation, tooLate())), remainingMs);
  request.signal?.addEventListener('abort', onAbort, { once: true });
  return Promise.race([flight, own.promise]).finally(() => {
    clearTimeout(timer);
    request.signal?.removeEventListener('abort', onAbort);
  });
}

function cancelled(): CapstanError {
  return new CapstanError('CAPSTAN_CANCELLED', 'the caller cancelled the call');
}

function tooLate(): CapstanError {
  return new CapstanError(
    'CAPSTAN_DEADLINE_EXCEEDED',
    'an identical call that this one waited for was not over in time',
  );
}

/** What JSON cannot carry is not kept. */
function written(result: InvocationResult): string | undefined {
  try {
    return JSON.stringify(result);
  } catch {
    return undefined;
  }
}

/** Written by this stage, here or on another replica. */
function parsed(text: string): InvocationResult | undefined {
  try {
    return JSON.parse(text) as InvocationResult;
  } catch {
    return undefined;
  }
}
