import type { Host } from '@capstan/host';
import type { McpFeatureCall, McpUpstreams, NamedUpstream } from '@capstan/mcp';
import { CapstanError, type JsonObject } from '@capstan/sdk';
import type { CallGate } from '../call-gate.ts';

/** Lists kept; one more, and all are made again when they are asked for. */
const MAX_LISTS = 256;
const NOTHING: JsonObject = Object.freeze({});

/** The MCP servers of a host, for what they have beside tools. With a gate, requests to them count as under way. */
export function hostUpstreams(host: Host, gate?: CallGate): McpUpstreams {
  const lists = new Map<string, readonly NamedUpstream[]>();
  // Both are rare.
  host.on('mcp:offer', () => lists.clear());
  host.on('catalog:changed', () => lists.clear());
  return {
    list: ({ workspace, principal }) => {
      const key = `${workspace} ${host.visibilityOf(principal)}`;
      const known = lists.get(key);
      if (known !== undefined) return known;
      if (lists.size >= MAX_LISTS) lists.clear();
      const list = host.mcpUpstreams(workspace, principal);
      lists.set(key, list);
      return list;
    },
    all: (workspace) => host.mcpUpstreams(workspace),
    request: (call) =>
      gate === undefined ? ask(host, call) : gate.run(call.signal, (signal) => ask(host, { ...call, signal })),
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

/** @throws CapstanError for every outcome but success */
async function ask(host: Host, { caller, ...call }: McpFeatureCall): Promise<JsonObject> {
  const outcome = await host.mcpRequest({ ...call, ...caller, surface: 'mcp' });
  if (outcome.status === 'succeeded') return outcome.result.verbatim ?? NOTHING;
  if (outcome.status !== 'pending') throw outcome.error;
  throw new CapstanError('CAPSTAN_DENIED', `this waits for approval ${outcome.approval.id} of an operator`);
}
