import type { Principal, ToolDefinition } from '@capstan/sdk';

/** What a decision is about. */
export interface PolicyQuestion {
  readonly principal: Principal;
  readonly tool: ToolDefinition;
  readonly workspaceId: string;
  /** Undefined asks whether there are arguments that would be allowed: whether to list the tool at all. */
  readonly arguments: object | undefined;
  /** Where the call came in; absent where a tool is listed. */
  readonly surface?: string;
}

/** A decision. It says why, so that "why was this denied" has an answer. */
export type PolicyDecision =
  | {
      readonly allow: true;
      /** Ids of the policies that decided. */
      readonly policies?: readonly string[];
      /** Why an operator has to approve the call first: the id of the policy that asks for it. */
      readonly approval?: string;
    }
  | { readonly allow: false; readonly reason: string; readonly policies?: readonly string[] };

/** One policy, and where it stands. */
export interface PolicyPlace {
  readonly id: string;
  /** As the operator wrote the path, or the name of a shipped file. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** Why a tool is allowed, denied or hidden. */
export interface PolicyExplanation {
  /** About the given arguments; without any, about a call of which nothing is known. */
  readonly call: PolicyDecision;
  /** `some`: it hangs on the arguments. */
  readonly callable: 'always' | 'some' | 'never';
  readonly isListed: boolean;
  /** The policies that decided, of the call and of the listing. */
  readonly places: readonly PolicyPlace[];
}

/** Decides; never enforces. A throw counts as a denial. */
export interface Policy {
  (question: PolicyQuestion): PolicyDecision;
  /** Grows whenever decisions may have changed. Absent: they never do. */
  readonly version?: () => number;
  /** All of a principal that decisions can hang on: principals of one text may the same. Absent: roles and permissions. */
  readonly sees?: (principal: Principal) => string;
  readonly explain?: (question: PolicyQuestion) => PolicyExplanation;
}
