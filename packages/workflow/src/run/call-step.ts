import { CapstanError, type InvocationOutcome, type JsonObject, type JsonValue } from '@capstan/sdk';
import type { StepRetry } from '../definition/workflow-definition.ts';
import type { RunEnvironment, RunStart, WaitEnd } from './run-environment.ts';

/** A call of a tool, with all its attempts. */
export interface PlannedCall {
  readonly run: RunStart;
  readonly step: string;
  readonly tool: string;
  readonly input: JsonObject;
  readonly connection?: string;
  readonly idempotencyKey: string;
  readonly retry: StepRetry;
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

/** How a call with all its attempts ended. */
export type CallEnd =
  | { readonly ok: true; readonly result: JsonValue; readonly attempts: number }
  | { readonly ok: false; readonly error: CapstanError; readonly attempts: number };

/**
 * Calls a tool until it succeeds, fails for good, or all attempts are made.
 *
 * 1. All attempts carry one idempotency key.
 * 2. Only what may pass is tried again: retriable errors, and a tool that broke.
 * 3. A call that an operator has to approve first waits for that, and is made again.
 */
export async function callStep(call: PlannedCall, environment: RunEnvironment): Promise<CallEnd> {
  for (let attempts = 1; ; attempts += 1) {
    const outcome = await approvedCall(call, environment);
    if (outcome.status === 'succeeded') return { ok: true, result: outcome.result.value, attempts };
    if (attempts > call.retry.maxRetries || !mayPass(outcome) || call.signal.aborted) {
      return { ok: false, error: outcome.error, attempts };
    }
    await environment.timer.sleep(pauseMs(call.retry, attempts, outcome.error, environment.random), call.signal);
  }
}

type Ended = Exclude<InvocationOutcome, { readonly status: 'pending' }>;

async function approvedCall(call: PlannedCall, environment: RunEnvironment): Promise<Ended> {
  for (;;) {
    const outcome = await callOnce(call, environment);
    if (outcome.status !== 'pending') return outcome;
    const end = await waitForApproval(call, outcome.approval.id, environment);
    if (end.kind === 'delivered') continue;
    const error = new CapstanError('CAPSTAN_DENIED', `nobody approved the call of ${call.tool} in time`);
    return { status: 'denied', executionId: outcome.executionId, error };
  }
}

function waitForApproval(
  { step, timeoutMs, signal }: PlannedCall,
  approvalId: string,
  { journal, onChange, timer }: RunEnvironment,
): Promise<WaitEnd> {
  const wait = {
    step,
    kind: 'approval',
    name: approvalId,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  } as const;
  onChange({ kind: 'waiting', step, at: timer.now(), wait });
  return journal.wait(wait, signal);
}

async function callOnce(
  call: PlannedCall,
  { call: invoke, timer, journal }: RunEnvironment,
): Promise<InvocationOutcome> {
  const { run, step, tool, input, connection, idempotencyKey, timeoutMs, signal } = call;
  await journal.mayCall();
  return invoke({
    run,
    step,
    tool,
    arguments: input,
    ...(connection === undefined ? {} : { connection }),
    idempotencyKey,
    ...(timeoutMs === undefined ? {} : { deadline: timer.now() + timeoutMs }),
    signal,
  });
}

function mayPass(outcome: Exclude<Ended, { readonly status: 'succeeded' }>): boolean {
  if (outcome.status === 'denied') return false;
  return outcome.error.retriable || outcome.error.code === 'CAPSTAN_TOOL_FAILED';
}

/** Exponential, with half of it by chance, and not before the service asked for. */
function pauseMs({ baseMs, maxMs }: StepRetry, attempts: number, error: CapstanError, random: () => number): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** (attempts - 1));
  const asked = error.details.retry_after_ms;
  const wished = typeof asked === 'number' ? Math.min(asked, maxMs) : 0;
  return Math.max(wished, ceiling / 2 + (ceiling / 2) * random());
}
