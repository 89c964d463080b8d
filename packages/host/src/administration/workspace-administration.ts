import { suggest } from '@capstan/schema';
import { CapstanError } from '@capstan/sdk';
import type { Actor } from './actor.ts';
import type { AdministrationParts } from './administration-parts.ts';
import { ownedByFile } from './file-ownership.ts';
import type { HostAdministration, WorkspaceView } from './host-administration.ts';
import { refuseProblems } from './input-problem.ts';

/** As in `capstan.yaml`: it stands in URLs. */
const SLUG = /^[a-z0-9][a-z0-9_-]{0,62}$/;

type Part = HostAdministration['workspaces'];

/** Makes and deletes workspaces at run time. */
export class WorkspaceAdministration implements Part {
  readonly #parts: AdministrationParts;

  constructor(parts: AdministrationParts) {
    this.#parts = parts;
  }

  list(): readonly WorkspaceView[] {
    return this.#parts.declared.workspaceIds().map((id) => this.view(id));
  }

  view(id: string): WorkspaceView {
    this.#known(id);
    const { declared, packs } = this.#parts;
    const { made, settings, mcpServers } = declared.runtimeOf(id);
    const file = declared.settings.workspaces.get(id);
    return {
      id,
      name: made?.name ?? id,
      origin:
        file === undefined
          ? { kind: 'runtime', by: made?.by ?? '', at: made?.at ?? 0 }
          : { kind: 'file', ...file.position },
      packs: [...packs.values()].filter((pack) => declared.owner(id, pack) !== undefined).map(({ code }) => code),
      connections: declared.connectionsIn(id).map((connection) => connection.id),
      settingCount: [...settings.values()].reduce((sum, keys) => sum + keys.size, 0),
      mcpServers: [...mcpServers.keys()],
    };
  }

  async make(input: { readonly id: string; readonly name?: string }, actor: Actor): Promise<WorkspaceView> {
    const { id, name = id } = input;
    await this.#parts.lane.make({
      act: { act: 'workspace.create', target: id, workspace: id },
      actor,
      prepare: () => {
        refuseProblems(
          SLUG.test(id)
            ? []
            : [
                {
                  pointer: '/id',
                  message: 'not an id of a workspace',
                  hint: 'Use lower-case letters, digits, "_" and "-", up to 63 of them, beginning with a letter or digit.',
                },
              ],
        );
        this.#refuseTaken(id);
        return [{ kind: 'make_workspace', workspace: id, name }];
      },
    });
    return this.view(id);
  }

  async remove(id: string, actor: Actor): Promise<WorkspaceView> {
    let gone: WorkspaceView | undefined;
    await this.#parts.lane.make({
      act: { act: 'workspace.delete', target: id, workspace: id },
      actor,
      prepare: () => {
        gone = this.view(id);
        if (gone.origin.kind === 'file') throw ownedByFile(`the workspace ${id}`, gone.origin);
        return [{ kind: 'remove_workspace', workspace: id }];
      },
    });
    if (gone === undefined) throw new Error('a removal that succeeds was prepared');
    return gone;
  }

  #refuseTaken(id: string): void {
    const { declared } = this.#parts;
    const file = declared.settings.workspaces.get(id);
    if (file !== undefined) throw ownedByFile(`the workspace ${id}`, file.position);
    if (!declared.workspaceIds().includes(id)) return;
    throw new CapstanError('CAPSTAN_CONFLICT', `there is a workspace ${id} already`, {
      hint: 'Choose another id, or use the one that is there.',
    });
  }

  #known(id: string): void {
    const ids = this.#parts.declared.workspaceIds();
    if (ids.includes(id)) return;
    const meant = suggest(id, ids);
    throw new CapstanError('CAPSTAN_WORKSPACE_NOT_FOUND', `no workspace ${JSON.stringify(id.slice(0, 128))}`, {
      ...(meant === undefined ? {} : { hint: `Did you mean "${meant}"?` }),
    });
  }
}
