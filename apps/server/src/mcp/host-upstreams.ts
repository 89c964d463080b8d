import type { Host } from '@capstan/host';
import type { McpUpstreams, NamedUpstream } from '@capstan/mcp';

/** The MCP servers of a host, for what they have beside tools. */
export function hostUpstreams(host: Host): McpUpstreams {
  const lists = new Map<string, readonly NamedUpstream[]>();
  host.on('mcp:offer', ({ workspace }) => void lists.delete(workspace));
  host.on('catalog:changed', ({ workspace }) => void lists.delete(workspace));
  return {
    list: (workspace) => {
      const known = lists.get(workspace);
      if (known !== undefined) return known;
      const list = host.mcpUpstreams(workspace);
      lists.set(workspace, list);
      return list;
    },
    onOfferChanged: (workspace, listener) =>
      host.on('mcp:offer', (event) => {
        if (event.workspace === workspace) listener();
      }),
    onResourceUpdated: ({ workspace, principal }, listener) =>
      host.on('mcp:resource', (event) => {
        if (event.workspace === workspace && event.principal === principal.id) listener(event.server, event.uri);
      }),
  };
}
