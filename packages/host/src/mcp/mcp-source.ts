import { Upstream, type UpstreamServer, type UpstreamServices } from '@capstan/mcp';
import { CapstanError } from '@capstan/sdk';
import type { ToolState } from '../host.ts';
import type { CallDefaults } from '../settings/host-settings.ts';
import { notReady } from '../workspace/pack-in-workspace.ts';
import type { BoundTool, ToolEntry, ToolRunner } from '../workspace/tool-entry.ts';
import { type FeatureParts, mcpFeatureEntry } from './mcp-feature.ts';
import { bindMcpTool } from './mcp-runner.ts';
import { mcpToolEntry } from './mcp-tool-entry.ts';

/** A server over one connection, or the reason why it cannot be reached. */
export interface McpBinding {
  /** Undefined where the server has no connections: it was added by itself. */
  readonly connectionId: string | undefined;
  readonly server: UpstreamServer | undefined;
  /** `ready` where `server` is there. */
  readonly state: ToolState;
}

/** What one {@link McpSource} is made of. */
export interface McpSourceOptions {
  readonly workspaceId: string;
  /** The name under `mcp_servers`, or that it was added with. */
  readonly name: string;
  /** The part of tool ids before the dot: a pack code, or made from the name. */
  readonly namespace: string;
  readonly owner: string;
  readonly bindings: readonly McpBinding[];
  /** The binding that a call uses. @throws CapstanError CAPSTAN_CONNECTION_NOT_FOUND or CAPSTAN_CONNECTION_AMBIGUOUS */
  readonly choose: (connection: string | undefined) => McpBinding;
  readonly services: UpstreamServices;
  readonly defaults: CallDefaults;
  /** What is to be shown of it has changed. */
  readonly onChange: (source: McpSource) => void;
  readonly onResourceUpdated: (principal: string, uri: string) => void;
}

/** One MCP server in one workspace, over each of its connections. */
export class McpSource {
  readonly workspaceId: string;
  readonly name: string;
  readonly namespace: string;
  readonly #options: McpSourceOptions;
  readonly #upstreams = new Map<McpBinding, Upstream>();
  #running = 0;
  /** Set while somebody waits for the calls under way. */
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(options: McpSourceOptions) {
    this.workspaceId = options.workspaceId;
    this.name = options.name;
    this.namespace = options.namespace;
    this.#options = options;
    for (const binding of options.bindings) this.#connect(binding);
  }

  /** As ready as the readiest of its connections. */
  state(): ToolState {
    const states = this.#options.bindings.map((binding) => this.#stateOf(binding));
    return states.find(({ kind }) => kind === 'ready') ?? states.find(isConnecting) ?? states[0] ?? { kind: 'ready' };
  }

  /** The connection that is asked what there is. */
  get primary(): Upstream | undefined {
    const upstreams = [...this.#upstreams.values()];
    return upstreams.find(({ state }) => state.kind === 'ready') ?? upstreams[0];
  }

  /** Its tools, as tools of the workspace. */
  tools(except: ReadonlySet<string>): readonly Omit<ToolEntry, 'exposedName'>[] {
    const { primary } = this;
    if (primary === undefined) return [];
    const { namespace, owner, defaults } = this.#options;
    const state = this.state();
    const taken = primary.offer.tools.filter(({ name }) => !except.has(name));
    return taken.map((tool) =>
      mcpToolEntry({
        tool,
        namespace,
        owner,
        server: primary.server,
        state,
        defaults,
        runner: this.runner(tool.name, `${namespace}.${primary.server.prefix}${tool.name}`),
      }),
    );
  }

  /** Whether a connection is one of its own. */
  has(upstream: Upstream): boolean {
    return [...this.#upstreams.values()].includes(upstream);
  }

  /** Something beside its tools, in the form of one. */
  feature(parts: Pick<FeatureParts, 'method' | 'upstream' | 'until'>): ToolEntry {
    const { namespace, owner, defaults } = this.#options;
    return mcpFeatureEntry({ ...parts, namespace, owner, defaults });
  }

  /** Runs one of its tools. */
  runner(toolName: string, toolId: string): ToolRunner {
    const bound = new Map<McpBinding, BoundTool>();
    return {
      bind: (connection) => {
        const binding = this.#options.choose(connection);
        const known = bound.get(binding);
        if (known !== undefined) return known;
        const upstream = this.#upstreams.get(binding);
        if (upstream === undefined) throw notUsable(toolId, binding.state);
        const fresh = this.#counted(bindMcpTool({ upstream, toolName, connectionId: binding.connectionId }));
        bound.set(binding, fresh);
        return fresh;
      },
      state: () => this.state(),
      connectionIds: () => this.#options.bindings.flatMap(({ connectionId }) => connectionId ?? []),
    };
  }

  /** Resolves when every connection has answered or failed once. */
  async settled(): Promise<void> {
    await Promise.all([...this.#upstreams.values()].map((upstream) => upstream.settled()));
  }

  async close(): Promise<void> {
    this.#idle?.resolve();
    await Promise.all([...this.#upstreams.values()].map((upstream) => upstream.close()));
  }

  /** Closes when the calls under way are over: each has a deadline of its own. */
  async retire(): Promise<void> {
    if (this.#running > 0) {
      this.#idle ??= Promise.withResolvers<void>();
      await this.#idle.promise;
    }
    await this.close();
  }

  #counted(tool: BoundTool): BoundTool {
    return {
      connectionId: tool.connectionId,
      run: async (input, context) => {
        this.#running += 1;
        try {
          return await tool.run(input, context);
        } finally {
          this.#running -= 1;
          if (this.#running === 0) this.#idle?.resolve();
        }
      },
    };
  }

  #connect(binding: McpBinding): void {
    if (binding.server === undefined) return;
    const { services, onChange, onResourceUpdated } = this.#options;
    const upstream = new Upstream(binding.server, services, {
      onChange: () => onChange(this),
      onResourceUpdated: ({ principal }, { uri }) => {
        if (typeof uri === 'string') onResourceUpdated(principal, uri);
      },
    });
    this.#upstreams.set(binding, upstream);
    upstream.start();
  }

  #stateOf(binding: McpBinding): ToolState {
    const state = this.#upstreams.get(binding)?.state;
    return state === undefined || state.kind === 'closed' ? binding.state : state;
  }
}

function isConnecting({ kind }: ToolState): boolean {
  return kind === 'connecting';
}

function notUsable(toolId: string, state: ToolState): CapstanError {
  if (state.kind !== 'ready') return notReady(toolId, state);
  return new CapstanError('CAPSTAN_REMOTE_UNAVAILABLE', `${toolId}: its MCP server was disconnected`);
}
