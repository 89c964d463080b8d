import { CapstanError } from '@capstan/sdk';
import type { AdministrationParts } from './administration-parts.ts';
import { ConfigAdministration } from './config-administration.ts';
import { ConnectionAdministration } from './connection-administration.ts';
import type { HostAdministration } from './host-administration.ts';
import { PackAdministration } from './pack-administration.ts';
import { SettingsAdministration } from './settings-administration.ts';
import { WorkspaceAdministration } from './workspace-administration.ts';

/** The administration of a running host. */
export class Administration implements HostAdministration {
  readonly workspaces: WorkspaceAdministration;
  readonly connections: ConnectionAdministration;
  readonly config: ConfigAdministration;
  readonly packs: PackAdministration;
  readonly settings: SettingsAdministration;
  readonly #parts: AdministrationParts;

  constructor(options: Omit<AdministrationParts, 'workspace'>) {
    const parts: AdministrationParts = {
      ...options,
      workspace: (id) => {
        const workspace = options.workspaces.get(id);
        if (workspace) return workspace;
        throw new CapstanError('CAPSTAN_WORKSPACE_NOT_FOUND', `no workspace ${JSON.stringify(id.slice(0, 128))}`);
      },
    };
    this.#parts = parts;
    this.workspaces = new WorkspaceAdministration(parts);
    this.connections = new ConnectionAdministration(parts);
    this.config = new ConfigAdministration(parts);
    this.packs = new PackAdministration(parts);
    this.settings = new SettingsAdministration(parts);
  }

  get revision(): number {
    return this.#parts.declared.state.revision;
  }

  refresh(): Promise<void> {
    return this.#parts.lane.reload();
  }
}
