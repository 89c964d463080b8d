import { existsSync, renameSync } from 'node:fs';
import type { EnablementStore, RuntimeKeeper } from '@capstan/host';

/** What {@link importEnablement} works with. */
export interface ImportOptions {
  readonly keeper: RuntimeKeeper;
  /** What a command enabled while no server ran. */
  readonly enablement: EnablementStore;
  /** Its file; moved away when the store has what it holds. */
  readonly path: string;
  readonly now: number;
}

const AUTHOR = 'system:import';

/**
 * Takes what was enabled while no server ran into the store, once: names first, so that tools keep theirs.
 * A crash before the file is moved repeats the import, which changes nothing then.
 * @throws CapstanError CAPSTAN_CONFIG_INVALID when the file is damaged, CAPSTAN_CONFLICT when another replica changed the state just then
 */
export async function importEnablement({ keeper, enablement, path, now }: ImportOptions): Promise<void> {
  if (!existsSync(path)) return;
  const { workspaces, mcpServers = {}, names = {} } = enablement.load();
  await keeper.recordNames(new Map(Object.entries(names)));
  const packs = Object.entries(workspaces).flatMap(([workspace, enabled]) =>
    Object.entries(enabled).map(
      ([pack, { environment }]) => ({ kind: 'enable_pack', workspace, pack, environment }) as const,
    ),
  );
  const servers = Object.entries(mcpServers).flatMap(([workspace, added]) =>
    Object.entries(added).map(
      ([name, definition]) => ({ kind: 'put_mcp_server', workspace, name, definition }) as const,
    ),
  );
  const { state } = await keeper.load();
  const options = { author: { by: AUTHOR, at: now }, expectedRevision: state.revision };
  if (packs.length + servers.length > 0) await keeper.commit([...packs, ...servers], options);
  renameSync(path, `${path}.imported`);
}
