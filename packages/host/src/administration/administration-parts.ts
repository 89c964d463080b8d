import type { ConnectionDesk } from '../connection-test/connection-desk.ts';
import type { AddedServers } from '../mcp/added-servers.ts';
import type { Pack } from '../packs/pack.ts';
import type { DeclaredState } from '../state/declared-state.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { WorkspacePacks } from '../workspace/workspace-packs.ts';
import type { ChangeLane } from './change-lane.ts';

/** What the administration of a host works with. */
export interface AdministrationParts {
  readonly declared: DeclaredState;
  readonly workspaces: ReadonlyMap<string, Workspace>;
  readonly packs: ReadonlyMap<string, Pack>;
  readonly workspacePacks: WorkspacePacks;
  readonly addedServers: AddedServers;
  readonly connections: ConnectionDesk;
  readonly lane: ChangeLane;
  /** @throws CapstanError CAPSTAN_WORKSPACE_NOT_FOUND */
  readonly workspace: (id: string) => Workspace;
}
