import { CapstanError, type JsonObject } from '@capstan/sdk';
import type { Actor } from '../administration/actor.ts';
import type { AdministrativeAct } from '../audit/audit-record.ts';
import type { ToolEntry } from '../workspace/tool-entry.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { type ContractChange, contractChanges, contractOf } from './tool-contract.ts';
import type { ToolContracts } from './tool-contracts.ts';

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

/** What {@link contractDesk} works with. */
export interface ContractDeskOptions {
  readonly contracts: ToolContracts;
  /** @throws CapstanError CAPSTAN_WORKSPACE_NOT_FOUND */
  readonly workspace: (id: string) => Workspace;
  readonly audit: (act: AdministrativeAct) => Promise<void>;
  readonly onChanged: (workspaceId: string) => void;
}

const ACCEPTING: ReadonlySet<string> = new Set(['operator', 'admin', 'application']);

/** The desk of a host. */
export function contractDesk({ contracts, workspace, audit, onChanged }: ContractDeskOptions): ContractDesk {
  const entryOf = (name: string, workspaceId: string): ToolEntry => {
    const entry = workspace(workspaceId).find(name);
    if (entry !== undefined) return entry;
    throw new CapstanError('CAPSTAN_TOOL_NOT_FOUND', `no such tool: ${JSON.stringify(name.slice(0, 128))}`);
  };
  return {
    list: (workspaceId) =>
      workspace(workspaceId)
        .tools()
        .filter(({ drift }) => drift !== undefined)
        .map(differenceOf),
    difference: (name, workspaceId) => differenceOf(entryOf(name, workspaceId)),
    accept: async (name, workspaceId, { principal, surface, origin }, digest) => {
      if (!principal.roles.some((role) => ACCEPTING.has(role))) {
        throw new CapstanError('CAPSTAN_FORBIDDEN', 'only an operator accepts definitions of tools');
      }
      const entry = entryOf(name, workspaceId);
      const difference = differenceOf(entry);
      if (digest !== undefined && digest !== difference.digest) {
        throw new CapstanError('CAPSTAN_CONFLICT', `${difference.tool} changed again since it was looked at`, {
          hint: 'Look at the difference again.',
        });
      }
      await contracts.accept(workspaceId, entry, principal.id);
      await audit({
        act: 'tool.accept',
        target: difference.tool,
        workspace: workspaceId,
        principal,
        surface,
        details: { kind: difference.kind, digest: difference.digest },
        ...(origin === undefined ? {} : { origin }),
      });
      if (workspace(workspaceId).settleDrift(entry)) onChanged(workspaceId);
      return difference;
    },
  };
}

function differenceOf({ definition, exposedName, drift }: ToolEntry): ContractDifference {
  const { contract: after, digest } = contractOf(definition);
  const before = drift === undefined ? after : drift.before;
  return {
    tool: definition.id,
    name: exposedName,
    kind: drift?.kind ?? 'same',
    isBlocked: drift?.isBlocked ?? false,
    changes: contractChanges(before, after),
    ...(before === undefined ? {} : { before }),
    after,
    digest,
  };
}
