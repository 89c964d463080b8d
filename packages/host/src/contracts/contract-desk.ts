import { CapstanError } from '@capstan/sdk';
import type { AdministrativeAct } from '../audit/audit-record.ts';
import type { ToolEntry } from '../workspace/tool-entry.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { ContractDesk, ContractDifference } from './contract-differences.ts';
import { contractChanges, contractOf } from './tool-contract.ts';
import type { ToolContracts } from './tool-contracts.ts';

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
