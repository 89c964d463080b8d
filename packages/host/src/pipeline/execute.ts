import { maskSecrets } from '@capstan/schema';
import {
  CapstanError,
  type Clock,
  type InvocationOutcome,
  type InvocationResult,
  isCapstanError,
  isToolResult,
  type JsonValue,
  type Logger,
} from '@capstan/sdk';
import { CallContext } from '../backends/call-context.ts';
import { resultOfFailure, UpstreamResult } from '../backends/upstream-result.ts';
import type { BoundTool, ToolEntry } from '../workspace/tool-entry.ts';
import type { Interceptor, Invocation } from './invocation.ts';

/** A call under way, which can be ended from outside. */
export interface RunningCall {
  end(reason: CapstanError): void;
}

/** The calls under way. */
export type RunningCalls = Set<RunningCall>;

interface ExecuteOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly running: RunningCalls;
  readonly isDraining: () => boolean;
  /** Told of every connection whose service answered. */
  readonly onAnswered: (workspaceId: string, connectionId: string) => void;
}

/**
 * Binds the tool to its connection and runs it.
 *
 * 1. Exactly one outcome: the handler's, the deadline's or the caller's cancellation, whichever comes first.
 * 2. One plain timer a call, for the deadline; it and the listener on the caller's signal are gone when the call is over.
 * 3. Loading a pack's code counts as part of the call: it has the same deadline.
 * 4. What a handler does after its outcome is settled reaches nobody.
 */
export function executeStage(options: ExecuteOptions): Interceptor {
  return {
    stage: 'execute',
    async intercept(invocation) {
      const { tool } = invocation;
      if (!tool) throw new Error('execute runs after resolve');
      try {
        const value = await runBounded(invocation, tool, options);
        if (callsService(tool) && invocation.connectionId !== undefined) {
          options.onAnswered(invocation.workspaceId, invocation.connectionId);
        }
        return { status: 'succeeded', executionId: invocation.executionId, result: resultOf(value) };
      } catch (cause) {
        return failure(invocation, tool, cause, options.logger);
      }
    },
  };
}

/** Code may have succeeded without asking anybody. */
function callsService({ definition: { backendKind } }: ToolEntry): boolean {
  return backendKind === 'remote' || backendKind === 'http';
}

function runBounded(invocation: Invocation, tool: ToolEntry, options: ExecuteOptions): Promise<unknown> {
  const { request } = invocation;
  const deadlineMs = Math.min(tool.policy.deadlineMs, (request.deadline ?? Infinity) - invocation.startedAt);
  const context = new CallContext(invocation, {
    deadline: invocation.startedAt + deadlineMs,
    logger: options.logger,
    contextKeys: tool.contextKeys,
  });
  return new Promise((resolve, reject) => {
    if (request.signal?.aborted) return reject(cancelled());
    if (deadlineMs <= 0) return reject(deadlineExceeded(0));
    const timer = setTimeout(() => end(deadlineExceeded(deadlineMs)), deadlineMs);
    const onAbort = (): void => end(options.isDraining() ? draining() : cancelled());
    request.signal?.addEventListener('abort', onAbort, { once: true });
    const call: RunningCall = { end };
    options.running.add(call);
    function settle(): void {
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', onAbort);
      options.running.delete(call);
    }
    function end(reason: CapstanError): void {
      settle();
      context.abort(reason);
      reject(reason);
    }
    const run = (bound: BoundTool): unknown => {
      invocation.connectionId = bound.connectionId;
      return bound.run(invocation.arguments, context);
    };
    Promise.try(() => {
      const bound = tool.runner.bind(request.connection);
      return bound instanceof Promise ? bound.then(run) : run(bound);
    }).then(
      (value) => {
        settle();
        resolve(value);
      },
      (cause: unknown) => {
        settle();
        reject(cause);
      },
    );
  });
}

function resultOf(value: unknown): InvocationResult {
  if (value instanceof UpstreamResult) return value.result;
  if (!isToolResult(value)) return { value: jsonOf(value) };
  return {
    value: value.structured ?? null,
    content: value.content,
    ...(value.meta === undefined ? {} : { meta: value.meta }),
  };
}

/** A JSON value as it is; the surfaces write it. What can be seen at a glance not to be JSON is refused here. */
function jsonOf(value: unknown): JsonValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'object' || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) {
    return value as JsonValue;
  }
  throw new CapstanError('CAPSTAN_INVALID_OUTPUT', `the tool answered a ${typeof value}, which JSON cannot carry`);
}

function failure(invocation: Invocation, tool: ToolEntry, cause: unknown, logger: Logger): InvocationOutcome {
  const { executionId } = invocation;
  if (isCapstanError(cause)) {
    const result = resultOfFailure(cause);
    const error = withoutSecrets(cause);
    return { status: 'failed', executionId, error, ...(result === undefined ? {} : { result }) };
  }
  logger.error('a tool failed', { executionId, tool: tool.definition.id, cause });
  const error = new CapstanError('CAPSTAN_TOOL_FAILED', maskSecrets(`the tool ${tool.definition.id} failed`), {
    cause,
  });
  return { status: 'failed', executionId, error };
}

/** Pack code may have put anything into its message. */
function withoutSecrets(error: CapstanError): CapstanError {
  const message = maskSecrets(error.message);
  const details = JSON.stringify(error.details);
  const maskedDetails = maskSecrets(details);
  const hint = maskSecrets(error.hint);
  if (message === error.message && details === maskedDetails && hint === error.hint) return error;
  const { code, retriable, cause } = error;
  return new CapstanError(code, message, { hint, retriable, cause, details: JSON.parse(maskedDetails) });
}

/** A surface that closes its connections ends their calls; that was not the caller's wish. */
function draining(): CapstanError {
  return new CapstanError('CAPSTAN_DRAINING', 'the host is shutting down, and the call was not over in time');
}

function cancelled(): CapstanError {
  return new CapstanError('CAPSTAN_CANCELLED', 'the caller cancelled the call');
}

function deadlineExceeded(deadlineMs: number): CapstanError {
  return new CapstanError('CAPSTAN_DEADLINE_EXCEEDED', `the call was not over after ${deadlineMs} ms`, {
    details: { deadline_ms: deadlineMs },
  });
}
