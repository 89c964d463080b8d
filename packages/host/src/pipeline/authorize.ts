import type { Principal, ToolDefinition } from '@capstan/sdk';
import type { Interceptor } from './invocation.ts';
import { denied } from './outcome.ts';
import type { PolicyDecision } from './policy-decision.ts';

export type { PolicyDecision } from './policy-decision.ts';

/** What a decision is about. */
export interface PolicyQuestion {
  readonly principal: Principal;
  readonly tool: ToolDefinition;
  readonly workspaceId: string;
  /** Undefined asks whether there are arguments that would be allowed: whether to list the tool at all. */
  readonly arguments: object | undefined;
}

/** Decides; never enforces. A throw counts as a denial. */
export type Policy = (question: PolicyQuestion) => PolicyDecision;

const ALLOWED: PolicyDecision = { allow: true };
const CALLING_ROLES: ReadonlySet<string> = new Set(['agent', 'operator', 'admin', 'application']);

/** The policy until a team writes its own: whoever has a role that calls may call what is enabled in the workspace. */
export const allowEnabledTools: Policy = ({ principal }) => {
  if (principal.roles.some((role) => CALLING_ROLES.has(role))) return ALLOWED;
  return { allow: false, reason: `${principal.id} has no role that may call tools` };
};

/** Asks the policy. */
export function authorizeStage(policy: Policy): Interceptor {
  return {
    stage: 'authorize',
    intercept(invocation, next) {
      const { principal, tool, workspaceId } = invocation;
      if (!tool) return denied(invocation, 'no tool was resolved');
      const decision = decide(policy, {
        principal,
        tool: tool.definition,
        workspaceId,
        arguments: invocation.arguments,
      });
      invocation.decision = decision;
      return decision.allow ? next(invocation) : denied(invocation, decision.reason);
    },
  };
}

/** Asks a policy; deny is the answer to every doubt. */
export function decide(policy: Policy, question: PolicyQuestion): PolicyDecision {
  try {
    return policy(question);
  } catch {
    return { allow: false, reason: 'the policy could not be evaluated' };
  }
}
