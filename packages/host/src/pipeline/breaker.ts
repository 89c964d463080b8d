import type { Endpoints } from '@capstan/http';
import { CapstanError, type ErrorCode, type InvocationOutcome } from '@capstan/sdk';
import type { Interceptor, Invocation } from './invocation.ts';
import { failed } from './outcome.ts';

/** Failures that say nothing about the tool: the caller's own doing, or the host's. */
const NOT_THE_TOOL: ReadonlySet<ErrorCode> = new Set([
  'CAPSTAN_CANCELLED',
  'CAPSTAN_DRAINING',
  'CAPSTAN_NEEDS_CONFIG',
  'CAPSTAN_CONNECTION_AMBIGUOUS',
  'CAPSTAN_CONNECTION_NOT_FOUND',
  'CAPSTAN_UNRESOLVED_REFERENCE',
]);

/** Failures for which the tool is well: it refused these arguments. */
const REFUSED: ReadonlySet<ErrorCode> = new Set([
  'CAPSTAN_INVALID_ARGUMENTS',
  'CAPSTAN_INVALID_REQUEST',
  'CAPSTAN_PAYLOAD_TOO_LARGE',
  'CAPSTAN_REMOTE_REFUSED',
  'CAPSTAN_REMOTE_NOT_FOUND',
  'CAPSTAN_REMOTE_RATE_LIMITED',
]);

/**
 * The breaker of a tool that declares one and calls no endpoint of the host's: code, workflows, MCP servers. It stands
 * among the circuits under `tool:{workspace}/{tool id}`, because a workspace's own config may be what makes it fail.
 */
export function breakerStage(endpoints: Endpoints): Interceptor {
  return {
    stage: 'breaker',
    intercept(invocation, next) {
      const policy = invocation.tool?.ownBreaker;
      if (policy === undefined) return next(invocation);
      const { breaker } = endpoints.of(circuitOf(invocation));
      const ticket = breaker.enter();
      if (ticket === undefined) return failed(invocation, leftAlone(invocation, breaker.retryAfterMs()));
      return next(invocation).then(
        (outcome) => {
          const verdict = verdictOn(outcome);
          if (verdict === 'up') breaker.succeeded(ticket, policy);
          else if (verdict === 'unknown') breaker.abandoned(ticket);
          else breaker.failed(ticket, policy, verdict.code);
          return outcome;
        },
        (defect: unknown) => {
          breaker.abandoned(ticket);
          throw defect;
        },
      );
    },
  };
}

function circuitOf({ workspaceId, tool }: Invocation): string {
  return `tool:${workspaceId}/${tool?.definition.id ?? ''}`;
}

function verdictOn(outcome: InvocationOutcome): 'up' | 'unknown' | { readonly code: ErrorCode } {
  if (outcome.status !== 'failed') return 'up';
  const { code } = outcome.error;
  if (REFUSED.has(code)) return 'up';
  return NOT_THE_TOOL.has(code) ? 'unknown' : { code };
}

function leftAlone({ tool }: Invocation, retryAfterMs: number): CapstanError {
  const what = `The tool ${tool?.definition.id ?? ''} kept failing and is left alone.`;
  return new CapstanError('CAPSTAN_CIRCUIT_OPEN', what, { details: { retry_after_ms: retryAfterMs } });
}
