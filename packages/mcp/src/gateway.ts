import type {
  CallOrigin,
  ElicitAnswer,
  ElicitRequest,
  InvocationOutcome,
  JsonObject,
  Principal,
  ToolDefinition,
  ToolProgress,
} from '@capstan/sdk';
import type { LongRunningCall } from './tasks/long-running.ts';
import type { CallerChannel } from './upstream/caller-channel.ts';
import type { NamedUpstream, Upstream } from './upstream/upstream.ts';

/** Who asks, as the surface authenticated it. Never taken from a tool's arguments. */
export interface McpCaller {
  readonly workspace: string;
  readonly principal: Principal;
  /** Where the request came from, for the records of a host. */
  readonly origin?: CallOrigin;
}

/** One tool as a caller sees it. */
export interface CatalogTool {
  /** What an agent calls it. */
  readonly exposedName: string;
  readonly definition: ToolDefinition;
}

/**
 * Everything that one caller may see, at one moment.
 *
 * A gateway hands out the same object as long as nothing changed: what is derived from it (pages, an index) is kept with it.
 */
export interface CatalogSnapshot {
  /** Changes with every change of the workspace's catalog. */
  readonly revision: string;
  /** Sorted by exposed name, by UTF-16 code units. */
  readonly tools: readonly CatalogTool[];
}

/** One call. */
export interface McpToolCall {
  readonly caller: McpCaller;
  /** Exposed name, tool id or alias. */
  readonly name: string;
  readonly arguments: JsonObject;
  /** Id or name of a connection, where the client named one. */
  readonly connection?: string;
  /** W3C `traceparent` of the client. */
  readonly traceparent?: string;
  /** W3C `tracestate` that came with it. */
  readonly tracestate?: string;
  /** Aborted when the client cancels or goes away. */
  readonly signal: AbortSignal;
  /** Present when the client wants to hear about progress. */
  readonly onProgress?: (step: ToolProgress) => void;
  /** Present when the client can ask its user. */
  readonly onElicit?: (request: ElicitRequest) => Promise<ElicitAnswer>;
  /** The `_meta` of the client's request, for MCP servers behind the gateway. */
  readonly meta?: JsonObject;
  /** The way back to the client, for MCP servers behind the gateway. */
  readonly channel?: CallerChannel;
}

/** What became of a call. An unknown tool and one that the caller may not see are the same answer. */
export type McpCallAnswer =
  | { readonly kind: 'unknown_tool' }
  | { readonly kind: 'outcome'; readonly outcome: InvocationOutcome };

/** A request to an MCP server behind the gateway for something beside its tools. */
export interface McpFeatureCall {
  readonly caller: McpCaller;
  readonly upstream: Upstream;
  readonly method:
    | 'prompts/get'
    | 'resources/read'
    | 'resources/subscribe'
    | 'completion/complete'
    | 'tasks/get'
    | 'tasks/update'
    | 'tasks/cancel';
  /** As the server calls things. */
  readonly params: JsonObject;
  readonly signal: AbortSignal;
  readonly onProgress?: (step: ToolProgress) => void;
  readonly meta?: JsonObject;
  readonly channel?: CallerChannel;
  readonly traceparent?: string;
  /** How long a subscription lasts. */
  readonly until?: AbortSignal;
}

/** The MCP servers behind a gateway. */
export interface McpUpstreams {
  /** Those of which a caller may see something, in the order in which they were added; the same list until one of them has changed. */
  list(caller: McpCaller): readonly NamedUpstream[];
  /** All of a workspace, whoever may see them. */
  all(workspace: string): readonly NamedUpstream[];
  /** Asks one of them, under the same rules as a call of a tool. @throws CapstanError */
  request(call: McpFeatureCall): Promise<JsonObject>;
  /** Tells when a server offers something else, until the returned function is called. */
  onOfferChanged(workspace: string, listener: () => void): () => void;
  /** Tells of resources that a principal subscribed to, as their server calls them. */
  onResourceUpdated(caller: McpCaller, listener: (server: string, uri: string) => void): () => void;
}

/** Who keeps work that outlives its calls under ids of its own (`run_…`, `apr_…`), so that it outlives the process, too. */
export interface LongRunningCalls {
  /** Undefined for what is unknown, gone, or somebody else's. */
  find(caller: McpCaller, id: string): Promise<LongRunningCall | undefined>;
}

/** Where the MCP server gets its tools from: a host in this process, or a running server. */
export interface McpGateway {
  listTools(caller: McpCaller): CatalogSnapshot | Promise<CatalogSnapshot>;
  /** Never rejects for an expected failure: the outcome says what happened. */
  callTool(call: McpToolCall): Promise<McpCallAnswer>;
  /** The JSON text of a large result that was kept back; undefined where there is none of this id for the caller. */
  storedResult?(caller: McpCaller, id: string): Promise<string | undefined>;
  /** Work that outlives its calls, where somebody keeps it: clients follow it as tasks. */
  readonly longRunning?: LongRunningCalls;
  /** MCP servers behind the gateway, for what they have beside tools. */
  readonly upstreams?: McpUpstreams;
  /** Tells of every change of a workspace's catalog, until the returned function is called. */
  onCatalogChanged(workspace: string, listener: () => void): () => void;
}
