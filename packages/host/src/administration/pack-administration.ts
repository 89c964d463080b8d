import { CapstanError, type JsonObject } from '@capstan/sdk';
import type { AddMcpServerOptions, McpServerView, PackView } from '../host.ts';
import type { Actor } from './actor.ts';
import type { AdministrationParts } from './administration-parts.ts';
import { enablementIn, ownedByFile } from './file-ownership.ts';

/** Enables and disables packs, adds and removes MCP servers. */
export class PackAdministration {
  readonly #parts: AdministrationParts;

  constructor(parts: AdministrationParts) {
    this.#parts = parts;
  }

  /** @throws CapstanError CAPSTAN_PACK_NOT_FOUND, or the reason why the pack was rejected */
  async enable(code: string, workspace: string, environment: readonly string[], actor: Actor): Promise<PackView> {
    const { lane, workspacePacks, declared } = this.#parts;
    await lane.make({
      act: { act: 'pack.enable', target: code, workspace, details: { environment } },
      actor,
      anew: { workspace, pack: code },
      prepare: () => {
        const pack = workspacePacks.checkEnabling(code, workspace, environment);
        if (declared.owner(workspace, pack) === 'file') return [];
        return [{ kind: 'enable_pack', workspace, pack: pack.code, environment }];
      },
    });
    return workspacePacks.view(code, workspace);
  }

  /** @throws CapstanError CAPSTAN_PACK_NOT_FOUND, or CAPSTAN_CONFLICT when a file owns the enablement */
  async disable(code: string, workspace: string, actor: Actor): Promise<PackView> {
    const { lane, workspacePacks, declared, packs } = this.#parts;
    await lane.make({
      act: { act: 'pack.disable', target: code, workspace },
      actor,
      prepare: () => {
        this.#parts.workspace(workspace);
        const pack = packs.get(code);
        if (!pack) throw new CapstanError('CAPSTAN_PACK_NOT_FOUND', `no pack ${JSON.stringify(code.slice(0, 128))}`);
        const position = enablementIn(declared.settings, workspace, pack);
        if (position !== undefined) throw ownedByFile(`the pack ${code} enabled in ${workspace}`, position);
        return [{ kind: 'disable_pack', workspace, pack: pack.code }];
      },
    });
    return workspacePacks.view(code, workspace);
  }

  /** @throws CapstanError CAPSTAN_INVALID_REQUEST or CAPSTAN_CONFLICT */
  async addServer({ name, server, workspace }: AddMcpServerOptions, actor: Actor): Promise<McpServerView> {
    const { lane, addedServers } = this.#parts;
    await lane.make({
      act: { act: 'mcp_server.add', target: name, workspace, details: transportOf(server) },
      actor,
      prepare: () => {
        addedServers.check(name, server, workspace);
        return [{ kind: 'put_mcp_server', workspace, name, definition: server }];
      },
    });
    return addedServers.view(name, workspace);
  }

  /** @throws CapstanError CAPSTAN_NOT_FOUND for one that nobody added */
  async removeServer(name: string, workspace: string, actor: Actor): Promise<void> {
    const { lane, addedServers } = this.#parts;
    await lane.make({
      act: { act: 'mcp_server.remove', target: name, workspace },
      actor,
      prepare: () => {
        addedServers.view(name, workspace);
        return [{ kind: 'remove_mcp_server', workspace, name }];
      },
    });
  }
}

/** Neither URL nor arguments: they may hold secrets. */
function transportOf({ command }: JsonObject): JsonObject {
  return { transport: command === undefined ? 'http' : 'stdio' };
}
