import type { JsonObject } from '@capstan/sdk';
import type { Actor } from '../administration/actor.ts';
import type { ContractChange } from './tool-contract.ts';

/** How a tool differs from what was accepted of it. */
export interface ContractDifference {
  readonly tool: string;
  readonly name: string;
  /** `same`: there is nothing to accept. */
  readonly kind: 'changed' | 'new' | 'same';
  /** Whether it can be called meanwhile. */
  readonly isBlocked: boolean;
  readonly changes: readonly ContractChange[];
  readonly before?: JsonObject;
  readonly after: JsonObject;
  /** SHA-256 of `after`; accepting can name it, so that nothing is accepted that nobody saw. */
  readonly digest: string;
}

/** Where operators see and accept what became of tools. */
export interface ContractDesk {
  /** Tools that changed or are new. */
  list(workspace: string): readonly ContractDifference[];
  /** @throws CapstanError CAPSTAN_TOOL_NOT_FOUND */
  difference(tool: string, workspace: string): ContractDifference;
  /**
   * Accepts a tool as it is now.
   * @param digest of the definition that was seen: another one by now is refused
   * @throws CapstanError CAPSTAN_FORBIDDEN, CAPSTAN_TOOL_NOT_FOUND, or CAPSTAN_CONFLICT where the tool changed meanwhile
   */
  accept(tool: string, workspace: string, actor: Actor, digest?: string): Promise<ContractDifference>;
}
