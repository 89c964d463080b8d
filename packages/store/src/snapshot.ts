import type { Collections, StoredState } from './collections.ts';

/** Reads what a snapshot holds; the caller sees to it that nothing is written meanwhile. */
export async function readSnapshot(read: Collections, revision: number): Promise<StoredState> {
  return {
    revision,
    tenants: await read.tenants.list(),
    workspaces: await read.workspaces.list(),
    members: await read.members.list(),
    enablements: await read.enablements.list(),
    pins: await read.pins.list(),
    names: await read.names.list(),
    connections: await read.connections.list(),
    settings: await read.settings.list(),
    mcpServers: await read.mcpServers.list(),
    policies: await read.policies.list(),
  };
}
