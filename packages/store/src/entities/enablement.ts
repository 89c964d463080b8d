/** A pack that an operator enabled in a workspace at run time. */
export interface StoredEnablement {
  readonly workspace: string;
  /** Pack code. */
  readonly pack: string;
  /** Variable names that were shown to the operator, and which the pack may read since. */
  readonly environment: readonly string[];
  readonly enabledAt: number;
  readonly enabledBy: string;
}
