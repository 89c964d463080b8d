import { CapstanError } from '@capstan/sdk';
import type { DatabaseDescription } from '@capstan/server';
import type { Backend } from '../backend/backend.ts';
import { createHostBackend } from '../backend/host-backend.ts';
import type { PackJson, ToolDetailJson } from '../backend/views.ts';
import type { CommandContext } from '../command-context.ts';
import { allTools } from '../commands/list-tools.ts';
import { shownPath } from '../places.ts';
import type { RunningParts } from './open-everything.ts';
import { pickSampleCall, type SampleCall, type TryableTool } from './sample-call.ts';
import { stdioCommand } from './stdio-command.ts';

/** The workspace that the bootstrap agent key opens. */
const AGENT_WORKSPACE = 'default';

/** What `capstan start` has to say once it runs. Holds the keys: for stdout alone. */
export interface StartSummary {
  /** Of the server. */
  readonly url: string;
  readonly mcpUrl: string;
  readonly restUrl: string;
  readonly docsUrl: string;
  /** Of the example service, where it was started. */
  readonly exampleUrl: string | undefined;
  /** The workspace that packs, addresses and samples are of. */
  readonly workspace: string;
  readonly otherWorkspaces: readonly string[];
  readonly packs: readonly PackJson[];
  readonly toolCount: number;
  readonly keys: { readonly admin: string; readonly agent: string };
  /** The least key that opens the workspace. */
  readonly workspaceKey: string;
  readonly database: DatabaseDescription;
  /** Where the keys are kept, as a person would write it. */
  readonly keysPath: string;
  /** The words that start `capstan mcp` on the same settings from anywhere. */
  readonly stdioCommand: readonly string[];
  readonly sample: SampleCall | undefined;
}

/** Looks at what runs. @throws CapstanError where `-w` names no workspace */
export async function summarise(
  { io, options }: CommandContext,
  { places, host, folder, state, url, exampleUrl }: RunningParts,
): Promise<StartSummary> {
  const workspace = chooseWorkspace(options.workspace, host.workspaces());
  const view = createHostBackend({
    host,
    principal: { id: 'system:cli', roles: ['admin'], permissions: [] },
    surface: 'cli',
    close: async () => {},
  });
  const tools = await toolDetails(view, workspace);
  const isDefault = workspace === AGENT_WORKSPACE;
  return {
    url,
    mcpUrl: isDefault ? `${url}/mcp` : `${url}/w/${encodeURIComponent(workspace)}/mcp`,
    restUrl: `${url}/v1/workspaces/${encodeURIComponent(workspace)}`,
    docsUrl: `${url}/docs`,
    exampleUrl,
    workspace,
    otherWorkspaces: host.workspaces().filter((name) => name !== workspace),
    packs: await view.listPacks(workspace),
    toolCount: tools.length,
    keys: folder.keys,
    workspaceKey: isDefault ? folder.keys.agent : folder.keys.admin,
    database: shownDatabase(io.cwd, state.database),
    keysPath: shownPath(io.cwd, folder.keysPath),
    stdioCommand: stdioCommand(io, places, workspace),
    sample: pickSampleCall(tools.map(toTryable), { preferWriting: exampleUrl !== undefined }),
  };
}

/** The summary for programs. */
export function summaryJson(summary: StartSummary): object {
  return {
    url: summary.url,
    mcp_url: summary.mcpUrl,
    rest_url: summary.restUrl,
    docs_url: summary.docsUrl,
    ...(summary.exampleUrl === undefined ? {} : { example_url: summary.exampleUrl }),
    workspace: summary.workspace,
    database: summary.database,
    keys: summary.keys,
    tool_count: summary.toolCount,
    packs: summary.packs,
  };
}

function shownDatabase(cwd: string, database: DatabaseDescription): DatabaseDescription {
  return database.kind === 'embedded' ? { ...database, folder: shownPath(cwd, database.folder) } : database;
}

function chooseWorkspace(wanted: string, known: readonly string[]): string {
  if (known.includes(wanted)) return wanted;
  const [first] = known;
  // Nobody asked for `default`: it is only what stands there when nothing is said.
  if (wanted === AGENT_WORKSPACE && first !== undefined) return first;
  throw new CapstanError('CAPSTAN_WORKSPACE_NOT_FOUND', `no workspace '${wanted}'; there are: ${known.join(', ')}`);
}

async function toolDetails(view: Backend, workspace: string): Promise<readonly ToolDetailJson[]> {
  const tools = await allTools(view, workspace);
  const details = await Promise.all(tools.map(({ name }) => view.findTool(name, workspace)));
  return details.filter((tool) => tool !== undefined);
}

function toTryable({ name, state, annotations, input_schema, examples, connections }: ToolDetailJson): TryableTool {
  const [working, others] = [true, false].map((works) =>
    connections.filter(({ status }) => (status === 'connected') === works).map(({ id }) => id),
  );
  return {
    name,
    ready: state.kind === 'ready',
    readOnly: annotations.read_only === true,
    inputSchema: input_schema,
    examples,
    connections: [...(working ?? []), ...(others ?? [])],
  };
}
