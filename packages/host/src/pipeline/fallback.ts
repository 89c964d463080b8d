import {
  CapstanError,
  type Clock,
  type ErrorCode,
  type InvocationOutcome,
  type JsonObject,
  type Logger,
} from '@capstan/sdk';
import { atCallDepth, callDepthOf } from '../backends/call-context.ts';
import type { Host, InvokeRequest } from '../host.ts';
import type { ToolEntry } from '../workspace/tool-entry.ts';
import type { Interceptor, Invocation, Next } from './invocation.ts';
import { LastGoodResults } from './last-good-results.ts';
import type { ToolLookup } from './resolve.ts';

/** Failures of the tool or its service. What the caller did, what is forbidden and what an operator must set is not among them. */
const FAILED_FOR_GOOD: ReadonlySet<ErrorCode> = new Set([
  'CAPSTAN_TOOL_FAILED',
  'CAPSTAN_PACK_FAILED',
  'CAPSTAN_INVALID_OUTPUT',
  'CAPSTAN_DEADLINE_EXCEEDED',
  'CAPSTAN_CIRCUIT_OPEN',
  'CAPSTAN_REMOTE_UNREACHABLE',
  'CAPSTAN_REMOTE_TIMEOUT',
  'CAPSTAN_REMOTE_AUTH',
  'CAPSTAN_REMOTE_NOT_FOUND',
  'CAPSTAN_REMOTE_RATE_LIMITED',
  'CAPSTAN_REMOTE_UNAVAILABLE',
  'CAPSTAN_REMOTE_INVALID_RESPONSE',
  'CAPSTAN_REMOTE_TOO_LARGE',
]);

interface FallbackOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lookup: ToolLookup;
  readonly invoke: Host['invoke'];
}

type Failure = Extract<InvocationOutcome, { readonly status: 'failed' }>;

/**
 * Answers in place of a tool that failed for good: with another tool, or with its last good result.
 *
 * 1. The other tool is called as the same principal, through the whole pipeline, within the time of the first call.
 * 2. One that stands in has no stand-in itself: no chains, no circles.
 * 3. The outcome says what was used and instead of which failure; a result that does not fit the tool's output schema
 *    is none.
 */
export function fallbackStage(options: FallbackOptions): Interceptor {
  const results = new LastGoodResults();
  const standIns = new WeakSet<InvokeRequest>();
  return {
    stage: 'fallback',
    intercept(invocation, next) {
      const { tool, request } = invocation;
      if (tool?.fallback === undefined || standIns.has(request)) return next(invocation);
      if (tool.fallback === 'stale') return orStale(invocation, next, results, options);
      return orOtherTool({ invocation, tool, name: tool.fallback, standIns }, next, options);
    },
  };
}

async function orStale(
  invocation: Invocation,
  next: Next,
  results: LastGoodResults,
  { clock }: FallbackOptions,
): Promise<InvocationOutcome> {
  const outcome = await next(invocation);
  if (outcome.status === 'succeeded') results.keep(invocation, outcome.result, clock.now());
  if (!isForGood(outcome)) return outcome;
  const last = results.find(invocation);
  if (last === undefined) return outcome;
  const { executionId, error } = outcome;
  const ageMs = clock.now() - last.at;
  return {
    status: 'succeeded',
    executionId,
    result: last.result,
    fallback: { kind: 'stale', ageMs, insteadOf: error },
  };
}

interface StandIn {
  readonly invocation: Invocation;
  readonly tool: ToolEntry;
  readonly name: string;
  readonly standIns: WeakSet<InvokeRequest>;
}

async function orOtherTool(standIn: StandIn, next: Next, options: FallbackOptions): Promise<InvocationOutcome> {
  const { invocation, tool, name } = standIn;
  const outcome = await next(invocation);
  if (!isForGood(outcome)) return outcome;
  const { workspaceId } = invocation;
  const other = options.lookup(workspaceId, `${tool.owner}.${name}`) ?? options.lookup(workspaceId, name);
  const remainingMs = invocation.startedAt + tool.policy.deadlineMs - options.clock.now();
  if (other === undefined || other === tool || remainingMs <= 0) {
    options.logger.warn('a tool failed and its fallback cannot be used', {
      executionId: invocation.executionId,
      tool: tool.definition.id,
      fallback: name,
      reason: other === undefined ? 'no such tool' : other === tool ? 'it is the tool itself' : 'no time is left',
    });
    return outcome;
  }
  const answer = await options.invoke(requestFor(standIn, other));
  const fits = answer.status === 'succeeded' && (tool.output()?.accepts(answer.result.value) ?? true);
  if (!fits) return withFallback(outcome, other, 'error' in answer ? answer.error.code : undefined);
  const fallback = {
    kind: 'tool',
    tool: other.definition.id,
    executionId: answer.executionId,
    insteadOf: outcome.error,
  } as const;
  return { status: 'succeeded', executionId: outcome.executionId, result: answer.result, fallback };
}

function requestFor({ invocation, tool, standIns }: StandIn, other: ToolEntry): InvokeRequest {
  const { request, workspaceId, principal, startedAt, traceparent } = invocation;
  const { signal, context, tracestate, onProgress, onElicit, idempotencyKey } = request;
  const standIn: InvokeRequest = {
    workspace: workspaceId,
    tool: other.definition.id,
    arguments: invocation.arguments,
    principal,
    surface: 'tool',
    deadline: startedAt + tool.policy.deadlineMs,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(signal === undefined ? {} : { signal }),
    ...(context === undefined ? {} : { context }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(onElicit === undefined ? {} : { onElicit }),
  };
  standIns.add(standIn);
  return atCallDepth(standIn, callDepthOf(request) + 1);
}

function isForGood(outcome: InvocationOutcome): outcome is Failure {
  return outcome.status === 'failed' && FAILED_FOR_GOOD.has(outcome.error.code);
}

/** The first failure, and that the stand-in failed too. */
function withFallback(outcome: Failure, other: ToolEntry, code: ErrorCode | undefined): Failure {
  const { code: own, message, hint, retriable, cause, details } = outcome.error;
  const fallback: JsonObject = { tool: other.definition.id, ...(code === undefined ? {} : { code }) };
  const error = new CapstanError(own, message, { hint, retriable, cause, details: { ...details, fallback } });
  return { ...outcome, error };
}
