import type { Host, ToolView } from '@capstan/host';
import type {
  CatalogSnapshot,
  CatalogTool,
  McpCallAnswer,
  McpCaller,
  McpToolCall,
  SearchableGateway,
} from '@capstan/mcp';
import type { CallGate } from '../call-gate.ts';
import { hostUpstreams } from './host-upstreams.ts';

/** Permission sets whose snapshots are kept; one more, and the one unused longest is made again when it comes back. */
const MAX_SNAPSHOTS = 256;
const LIST_PAGE = 1000;
const MAX_FOUND = 100;

/** A host in this process, in the form that the MCP server takes. With a gate, calls count as under way. */
export function createHostGateway(host: Host, gate?: CallGate): SearchableGateway {
  const snapshots = new Map<string, CatalogSnapshot>();
  return {
    listTools: (caller) => {
      const key = `${caller.workspace} ${host.visibilityOf(caller.principal)}`;
      const revision = String(host.catalogRevision(caller.workspace));
      const known = snapshots.get(key);
      const snapshot = known?.revision === revision ? known : takeSnapshot(host, caller, revision);
      snapshots.delete(key);
      snapshots.set(key, snapshot);
      if (snapshots.size > MAX_SNAPSHOTS) snapshots.delete(snapshots.keys().next().value ?? key);
      return snapshot;
    },
    callTool: (call) =>
      gate === undefined ? invoke(host, call) : gate.run(call.signal, (signal) => invoke(host, { ...call, signal })),
    findTools: (caller, words) =>
      host
        .listTools({ ...caller, search: words, limit: MAX_FOUND })
        .items.filter(isListed)
        .map(catalogTool),
    storedResult: ({ workspace }, id) => host.storedResult(id, workspace),
    upstreams: hostUpstreams(host, gate),
    onCatalogChanged: (workspace, listener) =>
      host.on('catalog:changed', (event) => {
        if (event.workspace === workspace) listener();
      }),
  };
}

async function invoke(host: Host, call: McpToolCall): Promise<McpCallAnswer> {
  const { caller, name, ...rest } = call;
  const outcome = await host.invoke({ ...rest, ...caller, tool: name, surface: 'mcp' });
  const isUnknown =
    outcome.status === 'failed' &&
    outcome.error.code === 'CAPSTAN_TOOL_NOT_FOUND' &&
    // A tool that exists may have failed with this code, for want of another tool.
    host.findTool(name, caller) === undefined;
  return isUnknown ? { kind: 'unknown_tool' } : { kind: 'outcome', outcome };
}

function takeSnapshot(host: Host, caller: McpCaller, revision: string): CatalogSnapshot {
  return { revision, tools: allTools(host, caller).filter(isListed).map(catalogTool).sort(byExposedName) };
}

/** What cannot run here is of no use to an agent. */
function isListed({ state }: ToolView): boolean {
  return state.kind !== 'unsupported' && state.kind !== 'changed';
}

function catalogTool({ exposedName, definition }: ToolView): CatalogTool {
  return { exposedName, definition };
}

function allTools(host: Host, caller: McpCaller): readonly ToolView[] {
  const tools: ToolView[] = [];
  let cursor: string | undefined;
  do {
    const page = host.listTools({ ...caller, limit: LIST_PAGE, ...(cursor === undefined ? {} : { cursor }) });
    tools.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return tools;
}

function byExposedName(one: { readonly exposedName: string }, other: { readonly exposedName: string }): number {
  return one.exposedName < other.exposedName ? -1 : one.exposedName > other.exposedName ? 1 : 0;
}
