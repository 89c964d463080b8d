import type { Policy, PolicyDecision, PolicyQuestion } from '@capstan/policy';
import { CapstanError } from '@capstan/sdk';
import type { ToolEntry } from '../workspace/tool-entry.ts';
import type { Interceptor } from './invocation.ts';
import { denied, failed } from './outcome.ts';

const ALLOWED: PolicyDecision = Object.freeze({ allow: true, policies: Object.freeze([]) });
const CALLING_ROLES: ReadonlySet<string> = new Set(['agent', 'operator', 'admin', 'application']);
const LISTING_ROLES: ReadonlySet<string> = new Set(['viewer', ...CALLING_ROLES]);

/**
 * The policy of a host that was given none: what the shipped Cedar policies say, without Cedar. Whoever has a role that
 * calls may call what is enabled in the workspace, a viewer may see it, and a principal with permissions has no others.
 */
export const allowEnabledTools: Policy = ({ principal, tool, arguments: given }) => {
  const roles = given === undefined ? LISTING_ROLES : CALLING_ROLES;
  if (!principal.roles.some((role) => roles.has(role))) {
    return { allow: false, reason: 'only the roles agent, operator and admin may call tools' };
  }
  const { permissions } = principal;
  if (permissions.length === 0 || tool.permissions.every((needed) => permissions.includes(needed))) return ALLOWED;
  return { allow: false, reason: 'the tool needs permissions that this principal was not given' };
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
        surface: invocation.surface,
      });
      invocation.decision = decision;
      if (!decision.allow) return denied(invocation, decision.reason);
      // After the decision: nobody learns of a tool that they may not call.
      return tool.drift?.isBlocked === true ? failed(invocation, changedTool(tool)) : next(invocation);
    },
  };
}

function changedTool({ definition, drift }: ToolEntry): CapstanError {
  const what = drift?.kind === 'new' ? 'is new' : 'changed since it was accepted';
  return new CapstanError('CAPSTAN_TOOL_CHANGED', `the definition of ${definition.id} ${what}`);
}

/** Asks a policy; deny is the answer to every doubt. */
export function decide(policy: Policy, question: PolicyQuestion): PolicyDecision {
  try {
    return policy(question);
  } catch {
    return { allow: false, reason: 'the policy could not be evaluated' };
  }
}
