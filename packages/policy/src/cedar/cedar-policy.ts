import { type Diagnostic, formatDiagnostic } from '@capstan/schema';
import { CapstanError, type Clock, type Principal, type ToolDefinition } from '@capstan/sdk';
import type { Policy, PolicyDecision, PolicyExplanation, PolicyQuestion } from '../policy.ts';
import { principalUid } from './entities.ts';
import { type CallFacts, PolicySet, type SetQuestion, type SetVerdict } from './policy-set.ts';
import { type CheckedPolicy, type PolicySource, readPolicies } from './read-policies.ts';
import { shippedPolicies } from './shipped-policies.ts';

/** What {@link createCedarPolicy} takes. */
export interface CedarPolicyOptions {
  /** The team's own files, beside the shipped policies. */
  readonly sources?: readonly PolicySource[];
  readonly clock: Clock;
}

/** Cedar policies that can be changed while a host runs. */
export type CedarPolicy = Policy & Required<Pick<Policy, 'version' | 'sees' | 'explain'>> & ReplaceablePolicies;

/** Files can be exchanged. */
export interface ReplaceablePolicies {
  /**
   * Takes other files in the place of the team's. Nothing changes when one of them is wrong.
   * @throws CapstanError CAPSTAN_CONFIG_INVALID with every finding in `details.diagnostics`
   */
  replace(sources: readonly PolicySource[]): void;
}

/** What is known of a principal and a tool before any call. */
interface Foreseen {
  /** Undefined: each call has to be decided by itself. */
  readonly call: PolicyDecision | undefined;
  readonly list: PolicyDecision;
}

interface Sets {
  readonly everywhere: PolicySet;
  readonly byWorkspace: ReadonlyMap<string, PolicySet>;
  readonly readsIdentity: boolean;
}

/** Answers that are kept at most; then all are forgotten and found again. */
const MAX_FORESEEN = 50_000;
const MAX_LISTED = 20;
const CALLING: ReadonlySet<string> = new Set(['agent', 'operator', 'admin', 'application']);

/** All that is wrong with files, against each other and the shipped ones too. */
export function checkPolicies(sources: readonly PolicySource[]): readonly Diagnostic[] {
  return checked(sources).diagnostics;
}

/**
 * A policy made of the shipped Cedar files and a team's.
 *
 * 1. A doubt is a denial: a policy that cannot be evaluated, or an argument that Cedar cannot express.
 * 2. What is kept is kept by tool object, so that a tool that changed is decided anew.
 * 3. A decision is kept only where partial evaluation proves that nothing of a call plays a part.
 *
 * @throws CapstanError CAPSTAN_CONFIG_INVALID with every finding in `details.diagnostics`
 */
export function createCedarPolicy({ sources = [], clock }: CedarPolicyOptions): CedarPolicy {
  let sets = setsOf(usable(sources));
  let version = 1;
  let kept = new WeakMap<ToolDefinition, Map<string, Foreseen>>();
  let keptCount = 0;
  let classes = new WeakMap<Principal, string>();

  const sees = (principal: Principal): string => {
    const known = classes.get(principal);
    if (known !== undefined) return known;
    const { type, id } = principalUid(principal);
    const text = JSON.stringify([type, sets.readsIdentity ? id : '', principal.roles, principal.permissions]);
    classes.set(principal, text);
    return text;
  };
  const foreseen = (question: PolicyQuestion): Foreseen => {
    const { principal, tool, workspaceId } = question;
    const key = `${workspaceId} ${sees(principal)}`;
    let ofTool = kept.get(tool);
    const known = ofTool?.get(key);
    if (known !== undefined) return known;
    if (keptCount >= MAX_FORESEEN) {
      kept = new WeakMap();
      keptCount = 0;
      ofTool = undefined;
    }
    const found = foresee(setOf(sets, workspaceId), question);
    kept.set(tool, (ofTool ?? new Map<string, Foreseen>()).set(key, found));
    keptCount += 1;
    return found;
  };
  const factsOf = (question: PolicyQuestion): CallFacts => ({
    arguments: question.arguments ?? {},
    surface: question.surface ?? '',
    now: clock.now(),
  });
  const decide = (question: PolicyQuestion): PolicyDecision => {
    const found = foreseen(question);
    if (question.arguments === undefined) return found.list;
    return (
      found.call ?? decisionOf(setOf(sets, question.workspaceId).decide('call', question, factsOf(question)), question)
    );
  };
  return Object.assign(decide, {
    version: () => version,
    sees,
    explain: (question: PolicyQuestion): PolicyExplanation =>
      explain(setOf(sets, question.workspaceId), question, factsOf(question)),
    replace: (others: readonly PolicySource[]): void => {
      sets = setsOf(usable(others));
      version += 1;
      kept = new WeakMap();
      keptCount = 0;
      classes = new WeakMap();
    },
  });
}

function foresee(set: PolicySet, question: SetQuestion): Foreseen {
  const call = set.foresee('call', question);
  const list = set.foresee('list', question);
  return {
    call: call.kind === 'depends' ? undefined : decisionOf(call, question),
    list: listing(call, list, question),
  };
}

/** Who calls sees what some call could be allowed for; who never calls sees what may be listed. */
function listing(call: SetVerdict, list: SetVerdict, question: SetQuestion): PolicyDecision {
  const isCaller = question.principal.roles.some((role) => CALLING.has(role));
  const hiding = isCaller && isRefusal(call) ? call : isRefusal(list) ? list : undefined;
  return hiding === undefined ? { allow: true, policies: idsOf(list) } : decisionOf(hiding, question);
}

function isRefusal({ kind }: SetVerdict): boolean {
  return kind === 'deny' || kind === 'error';
}

function decisionOf(verdict: SetVerdict, { principal, tool }: SetQuestion): PolicyDecision {
  const policies = idsOf(verdict);
  switch (verdict.kind) {
    case 'allow': {
      const asking = verdict.policies.find(({ needsApproval }) => needsApproval);
      return { allow: true, policies, ...(asking === undefined ? {} : { approval: asking.id }) };
    }
    case 'error':
      return { allow: false, reason: `the policy could not be evaluated: ${verdict.message}`, policies };
    case 'depends':
      return { allow: false, reason: 'it hangs on the arguments, and none are known', policies };
    case 'deny':
      return { allow: false, reason: reasonOf(verdict.policies, principal, tool), policies };
  }
}

function reasonOf(policies: readonly CheckedPolicy[], principal: Principal, tool: ToolDefinition): string {
  const [first] = policies;
  if (first === undefined) return `no policy lets ${principal.id} call ${tool.id}`;
  return first.reason ?? `the policy ${first.id} forbids it`;
}

function idsOf({ policies }: SetVerdict): readonly string[] {
  return policies.map(({ id }) => id);
}

function explain(set: PolicySet, question: PolicyQuestion, facts: CallFacts): PolicyExplanation {
  const foreseen = set.foresee('call', question);
  const list = set.foresee('list', question);
  const call = question.arguments === undefined ? foreseen : set.decide('call', question, facts);
  const callable = foreseen.kind === 'depends' ? 'some' : foreseen.kind === 'allow' ? 'always' : 'never';
  const places = new Set([...call.policies, ...list.policies].map(({ place }) => place));
  return {
    call: decisionOf(call, question),
    callable,
    isListed: listing(foreseen, list, question).allow,
    places: [...places],
  };
}

function setOf(sets: Sets, workspaceId: string): PolicySet {
  return sets.byWorkspace.get(workspaceId) ?? sets.everywhere;
}

function setsOf(policies: readonly CheckedPolicy[]): Sets {
  const common = policies.filter(({ workspace }) => workspace === undefined);
  const own = Map.groupBy(
    policies.filter(({ workspace }) => workspace !== undefined),
    ({ workspace = '' }) => workspace,
  );
  return {
    everywhere: new PolicySet(common),
    byWorkspace: new Map([...own].map(([workspace, ofOne]) => [workspace, new PolicySet([...common, ...ofOne])])),
    readsIdentity: policies.some(({ use }) => use.readsIdentity),
  };
}

function usable(sources: readonly PolicySource[]): readonly CheckedPolicy[] {
  const { policies, diagnostics } = checked(sources);
  if (diagnostics.length === 0) return policies;
  const findings = diagnostics.map(formatDiagnostic);
  throw new CapstanError(
    'CAPSTAN_CONFIG_INVALID',
    `policies cannot be used:\n${findings.slice(0, MAX_LISTED).join('\n')}`,
    {
      hint: 'Correct them; "capstan policy check" shows every finding.',
      details: { diagnostics: findings },
    },
  );
}

function checked(sources: readonly PolicySource[]): {
  readonly policies: readonly CheckedPolicy[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const readings = [...shippedPolicies(), ...sources].map(readPolicies);
  const policies = readings.flatMap((reading) => reading.policies);
  return { policies, diagnostics: [...readings.flatMap(({ diagnostics }) => diagnostics), ...doubleIds(policies)] };
}

function doubleIds(policies: readonly CheckedPolicy[]): readonly Diagnostic[] {
  const first = new Map<string, CheckedPolicy>();
  return policies.flatMap((policy) => {
    const { id, place, workspace } = policy;
    const taken = first.get(id);
    first.set(id, taken ?? policy);
    // The same file in two workspaces is one policy in each.
    if (
      taken === undefined ||
      (taken.workspace !== undefined && workspace !== undefined && taken.workspace !== workspace)
    )
      return [];
    const { path, line, column } = place;
    const message = `the id "${id}" belongs to the policy at ${taken.place.path}:${taken.place.line} already`;
    return [{ severity: 'error', code: 'CAPSTAN_POLICY_INVALID', message, position: { path, line, column } } as const];
  });
}
