import { type CapstanError, type Clock, DANGER_LEVELS, type InvocationOutcome, isCapstanError } from '@capstan/sdk';
import { type ApprovalBinding, type ApprovalStore, newId, type StoredApproval } from '@capstan/store';
import type { Interceptor, Invocation } from '../pipeline/invocation.ts';
import { failed } from '../pipeline/outcome.ts';
import type { ApprovalLevel } from '../settings/host-settings.ts';
import type { ToolEntry } from '../workspace/tool-entry.ts';
import { bindingOf } from './approval-binding.ts';

/** What {@link approveStage} works with. */
export interface ApproveStageOptions {
  readonly store: ApprovalStore;
  readonly levelOf: (workspaceId: string) => ApprovalLevel;
  readonly expiresMs: () => number;
  readonly clock: Clock;
  readonly onRequested: (approval: StoredApproval) => void;
}

/**
 * Lets calls that need an operator wait.
 *
 * 1. It stands behind `authorize`: an approval never allows what a policy denies, and what was approved is decided anew.
 * 2. An approval is used before the call runs, in one atomic step: two identical calls need two.
 * 3. A call that needs none costs no promise.
 */
export function approveStage(options: ApproveStageOptions): Interceptor {
  return {
    stage: 'approve',
    intercept(invocation, next) {
      const { tool } = invocation;
      if (!tool) throw new Error('approve runs after resolve');
      const reason = reasonToWait(invocation, tool, options.levelOf(invocation.workspaceId));
      if (reason === undefined) return next(invocation);
      const binding = boundCall(invocation, tool);
      if (isCapstanError(binding)) return failed(invocation, binding);
      return consumeOrAsk(options, { invocation, tool, binding, reason }, () => next(invocation));
    },
  };
}

interface WaitingCall {
  readonly invocation: Invocation;
  readonly tool: ToolEntry;
  readonly binding: ApprovalBinding;
  readonly reason: string;
}

async function consumeOrAsk(
  { store, expiresMs, clock, onRequested }: ApproveStageOptions,
  { invocation, tool, binding, reason }: WaitingCall,
  run: () => Promise<InvocationOutcome>,
): Promise<InvocationOutcome> {
  const { executionId } = invocation;
  const now = clock.now();
  if ((await store.consume(binding, { at: now, executionId })) !== undefined) return run();
  const wanted: StoredApproval = {
    ...binding,
    id: newId('apr'),
    arguments: tool.redact(invocation.arguments) ?? null,
    reason,
    requestedAt: now,
    expiresAt: now + expiresMs(),
    state: { kind: 'pending' },
  };
  const approval = await store.request(wanted);
  if (approval.id === wanted.id) onRequested(approval);
  return { status: 'pending', executionId, approval: { id: approval.id } };
}

function boundCall(invocation: Invocation, tool: ToolEntry): ApprovalBinding | CapstanError {
  try {
    return bindingOf(invocation, tool);
  } catch (error) {
    if (isCapstanError(error)) return error;
    throw error;
  }
}

/** Why a call has to wait; undefined where it need not. The application that embeds a host answers for itself. */
function reasonToWait({ decision, principal }: Invocation, tool: ToolEntry, level: ApprovalLevel): string | undefined {
  if (decision?.allow === true && decision.approval !== undefined) return `policy: ${decision.approval}`;
  const { dangerLevel } = tool.definition;
  if (level === 'never' || dangerLevel === undefined || principal.roles.includes('application')) return undefined;
  const isDangerous = DANGER_LEVELS.indexOf(dangerLevel) >= DANGER_LEVELS.indexOf(level);
  return isDangerous ? `danger_level: ${dangerLevel}` : undefined;
}
