import type { Principal, ToolDefinition } from '@capstan/sdk';
import {
  type AuthorizationAnswer,
  isAuthorizedPartial,
  type PartialAuthorizationAnswer,
  preparsePolicySet,
  statefulIsAuthorized,
} from '@cedar-policy/cedar-wasm/nodejs';
import { cedarArguments } from './argument-values.ts';
import { entitiesOf, principalUid, toolUid } from './entities.ts';
import type { CheckedPolicy } from './read-policies.ts';

/** What is asked of a set of policies. */
export interface SetQuestion {
  readonly principal: Principal;
  readonly tool: ToolDefinition;
  readonly workspaceId: string;
}

/** What is known of one call. */
export interface CallFacts {
  readonly arguments: object;
  readonly surface: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What a set of policies says. `depends`: it hangs on the call. */
export type SetVerdict =
  | { readonly kind: 'allow' | 'deny' | 'depends'; readonly policies: readonly CheckedPolicy[] }
  /** A policy could not be evaluated: nobody can decide, and that is a denial. */
  | { readonly kind: 'error'; readonly policies: readonly CheckedPolicy[]; readonly message: string };

const UNKNOWN = (name: string) => ({ __extn: { fn: 'unknown', arg: name } });
const UNKNOWN_CALL = { arguments: UNKNOWN('arguments'), surface: UNKNOWN('surface'), now: UNKNOWN('now') };
let parsedSets = 0;

/** The policies of one workspace, parsed once. */
export class PolicySet {
  readonly policies: readonly CheckedPolicy[];
  readonly readsContext: boolean;
  readonly readsIdentity: boolean;
  readonly #byKey: ReadonlyMap<string, CheckedPolicy>;
  readonly #texts: Readonly<Record<string, string>>;
  readonly #parsedId: string;
  readonly #argumentNames: ReadonlySet<string>;

  constructor(policies: readonly CheckedPolicy[]) {
    this.policies = policies;
    this.readsContext = policies.some(({ use }) => use.readsContext);
    this.readsIdentity = policies.some(({ use }) => use.readsIdentity);
    this.#byKey = new Map(policies.map((policy, index) => [`p${index}`, policy]));
    this.#texts = Object.fromEntries(policies.map(({ text }, index) => [`p${index}`, text]));
    this.#argumentNames = new Set(policies.flatMap(({ use }) => [...use.arguments.children.keys()]));
    parsedSets += 1;
    this.#parsedId = `capstan-${parsedSets}`;
    const parsed = preparsePolicySet(this.#parsedId, { staticPolicies: this.#texts });
    if (parsed.type === 'failure') throw new Error(`checked policies do not parse: ${parsed.errors[0]?.message}`);
  }

  /** Decides one call. */
  decide(action: 'call' | 'list', question: SetQuestion, facts: CallFacts): SetVerdict {
    const read = cedarArguments(facts.arguments, this.#argumentNames);
    if (!read.ok) {
      return {
        kind: 'error',
        policies: [],
        message: `a policy reads the argument ${read.pointer}, which ${read.what}`,
      };
    }
    const now = { __extn: { fn: 'datetime', arg: new Date(facts.now).toISOString() } };
    const { principal, tool, workspaceId } = question;
    return this.#verdict(
      statefulIsAuthorized({
        principal: principalUid(principal),
        action: { type: 'Action', id: action },
        resource: toolUid(tool),
        context: { arguments: read.value, surface: facts.surface, now },
        preparsedPolicySetId: this.#parsedId,
        entities: entitiesOf(principal, tool, workspaceId),
      }),
    );
  }

  /** Decides as far as that is possible without knowing anything of a call. */
  foresee(action: 'call' | 'list', question: SetQuestion): SetVerdict {
    if (!this.readsContext) return this.decide(action, question, { arguments: {}, surface: '', now: 0 });
    const { principal, tool, workspaceId } = question;
    return this.#foreseen(
      isAuthorizedPartial({
        principal: principalUid(principal),
        action: { type: 'Action', id: action },
        resource: toolUid(tool),
        context: UNKNOWN_CALL,
        policies: { staticPolicies: { ...this.#texts } },
        entities: entitiesOf(principal, tool, workspaceId),
      }),
    );
  }

  #verdict(answer: AuthorizationAnswer): SetVerdict {
    if (answer.type === 'failure') return failure(answer.errors);
    const { decision, diagnostics } = answer.response;
    if (diagnostics.errors.length > 0) {
      const policies = this.#named(diagnostics.errors.map(({ policyId }) => policyId));
      return { kind: 'error', policies, message: diagnostics.errors.map(({ error }) => error.message).join('; ') };
    }
    return { kind: decision, policies: this.#named(diagnostics.reason) };
  }

  #foreseen(answer: PartialAuthorizationAnswer): SetVerdict {
    if (answer.type === 'failure') return failure(answer.errors);
    const { decision, errored, satisfied, nontrivialResiduals } = answer.response;
    if (errored.length > 0)
      return { kind: 'error', policies: this.#named(errored), message: 'it fails whatever the call is' };
    // What is left of an allowing set may fail to evaluate, or ask for an approval: the call has to be seen.
    if (decision === null || (decision === 'allow' && nontrivialResiduals.length > 0)) {
      return { kind: 'depends', policies: this.#named(nontrivialResiduals) };
    }
    const deciding = this.#named(satisfied).filter(({ isForbid }) => isForbid === (decision === 'deny'));
    return { kind: decision, policies: deciding };
  }

  #named(keys: readonly string[]): readonly CheckedPolicy[] {
    return keys.flatMap((key) => this.#byKey.get(key) ?? []);
  }
}

function failure(errors: readonly { readonly message: string }[]): SetVerdict {
  return { kind: 'error', policies: [], message: errors.map(({ message }) => message).join('; ') };
}
