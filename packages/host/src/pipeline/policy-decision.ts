/** A decision. It says why, so that "why was this denied" has an answer. */
export type PolicyDecision =
  | { readonly allow: true; readonly policies?: readonly string[] }
  | {
      readonly allow: false;
      readonly reason: string;
      /** Ids of the policies that decided. */
      readonly policies?: readonly string[];
    };
