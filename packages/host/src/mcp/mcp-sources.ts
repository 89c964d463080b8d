import type { UpstreamServices } from '@capstan/mcp';
import type { CallDefaults } from '../settings/host-settings.ts';
import type { Workspace } from '../workspace/workspace.ts';
import { type McpBinding, McpSource } from './mcp-source.ts';

/** What the MCP servers of a host need of it. */
export interface McpSourcesOptions {
  readonly services: UpstreamServices;
  readonly defaults: CallDefaults;
  /** Tools of a workspace came, went or changed. */
  readonly onTools: (workspace: Workspace) => void;
  /** The state of a server, or something that it offers beside tools, has changed. */
  readonly onServer: (source: McpSource) => void;
  readonly onResourceUpdated: (event: {
    readonly workspace: string;
    readonly principal: string;
    readonly server: string;
    readonly uri: string;
  }) => void;
}

/** A server to be connected. */
export interface McpSourceRequest {
  readonly workspace: Workspace;
  readonly name: string;
  readonly namespace: string;
  readonly owner: string;
  readonly bindings: readonly McpBinding[];
  readonly choose: (connection: string | undefined) => McpBinding;
  /** Tools of the server that do not become tools of the workspace by themselves: a manifest names them already. */
  readonly except: ReadonlySet<string>;
}

interface Held {
  readonly source: McpSource;
  readonly request: McpSourceRequest;
  /** Ids of the tools that stand in the workspace for it. */
  published: readonly string[];
  /** What was published, for comparison. */
  seen: string;
}

/**
 * The MCP servers of all workspaces.
 *
 * 1. A server connects in the background from the moment when it is added, and is disconnected when it is removed and
 *    the calls under way are over.
 * 2. Its tools are put into the workspace when they are known, and again after each real change.
 */
export class McpSources {
  readonly #held = new Map<string, Held>();
  readonly #options: McpSourcesOptions;

  constructor(options: McpSourcesOptions) {
    this.#options = options;
  }

  /** Connects a server. One of the same name in the same namespace is disconnected first. */
  add(request: McpSourceRequest): McpSource {
    const key = keyOf(request.workspace.id, request.namespace, request.name);
    this.#drop(key);
    const { services, defaults, onResourceUpdated } = this.#options;
    const { workspace, name, namespace, owner, bindings, choose } = request;
    const source = new McpSource({
      workspaceId: workspace.id,
      name,
      namespace,
      owner,
      bindings,
      choose,
      services,
      defaults,
      onChange: () => this.#publish(key),
      onResourceUpdated: (principal, uri) =>
        onResourceUpdated({ workspace: workspace.id, principal, server: name, uri }),
    });
    this.#held.set(key, { source, request, published: [], seen: '' });
    return source;
  }

  find(workspaceId: string, namespace: string, name: string): McpSource | undefined {
    return this.#held.get(keyOf(workspaceId, namespace, name))?.source;
  }

  /** Those of a workspace; of one pack where a namespace is given. */
  list(workspaceId: string, namespace?: string): readonly McpSource[] {
    return [...this.#held.values()]
      .map(({ source }) => source)
      .filter((source) => source.workspaceId === workspaceId && (namespace ?? source.namespace) === source.namespace);
  }

  /** Disconnects the servers of a pack, or one of them. */
  remove(workspaceId: string, namespace: string, name?: string): void {
    for (const source of this.list(workspaceId, namespace)) {
      if (name === undefined || source.name === name) this.#drop(keyOf(workspaceId, namespace, source.name));
    }
  }

  /** Resolves when every server has answered or failed once. */
  async settled(): Promise<void> {
    await Promise.all([...this.#held.values()].map(({ source }) => source.settled()));
  }

  async close(): Promise<void> {
    const held = [...this.#held.values()];
    this.#held.clear();
    const retiring = [...this.#retiring.keys()];
    await Promise.all([...held.map(({ source }) => source), ...retiring].map((source) => source.close()));
    await Promise.all(this.#retiring.values());
  }

  readonly #retiring = new Map<McpSource, Promise<void>>();

  #drop(key: string): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    this.#held.delete(key);
    if (held.request.workspace.replace(held.published, [], held.request.namespace)) {
      this.#options.onTools(held.request.workspace);
    }
    const { source } = held;
    this.#retiring.set(
      source,
      source.retire().finally(() => this.#retiring.delete(source)),
    );
  }

  /** 2 */
  #publish(key: string): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    const { workspace, namespace, except } = held.request;
    const tools = held.source.tools(except);
    const seen = JSON.stringify(tools.map(({ definition }) => definition));
    if (seen !== held.seen) {
      held.seen = seen;
      const isChanged = workspace.replace(held.published, tools, namespace);
      held.published = tools.map(({ definition }) => definition.id);
      if (isChanged) this.#options.onTools(workspace);
    }
    this.#options.onServer(held.source);
  }
}

function keyOf(workspaceId: string, namespace: string, name: string): string {
  return `${workspaceId}\n${namespace}\n${name}`;
}
