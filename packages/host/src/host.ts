import type { ConfigResolution, MissingKey } from '@capstan/config';
import type { CacheEntryView, CacheStatistics, WindowState } from '@capstan/limits';
import type { CallerChannel, NamedUpstream } from '@capstan/mcp';
import type { PolicyExplanation } from '@capstan/policy';
import type { Diagnostic } from '@capstan/schema';
import type {
  CallOrigin,
  CapstanError,
  ConnectionStatus,
  ElicitAnswer,
  ElicitRequest,
  InvocationOutcome,
  JsonObject,
  JsonSchema,
  JsonValue,
  Principal,
  ToolDefinition,
  ToolProgress,
  WireError,
} from '@capstan/sdk';
import type { StoredApproval } from '@capstan/store';
import type { Actor } from './administration/actor.ts';
import type { HostAdministration } from './administration/host-administration.ts';
import type { ApprovalDesk } from './approvals/approval-desk.ts';
import type { AdministrativeAct } from './audit/audit-record.ts';
import type { ConnectionTestReport } from './connection-test/report.ts';
import type { ContractDesk } from './contracts/contract-differences.ts';
import type { McpFeature } from './mcp/mcp-features.ts';
import type { Surface } from './surface.ts';
import type { Runs } from './workflows/runs.ts';

/** One call of one tool. */
export interface InvokeRequest {
  /** The workspace's name. Default `default`. */
  readonly workspace?: string;
  /** Tool id, exposed name or alias. */
  readonly tool: string;
  readonly arguments?: JsonObject;
  /** Id or name of a connection, where the tool has more than one. */
  readonly connection?: string;
  /** Default: the application itself (`system:in_process`). */
  readonly principal?: Principal;
  /** Default: the execution id. */
  readonly idempotencyKey?: string;
  /** Context keys for tools that declare them. Never sets tenant, workspace or execution id. */
  readonly context?: JsonObject;
  /** When the caller itself must be over, in ms since the epoch: the call ends by then, whatever its tool allows. */
  readonly deadline?: number;
  /** Aborting it cancels the call. */
  readonly signal?: AbortSignal;
  /** W3C `traceparent` of the caller. */
  readonly traceparent?: string;
  /** W3C `tracestate` that came with it; goes on untouched. */
  readonly tracestate?: string;
  /** Default `in_process`. */
  readonly surface?: Surface;
  /** Where the request came from, for the audit. */
  readonly origin?: CallOrigin;
  /** Told the tightest limit that the call was counted in, for the headers of an answer. */
  readonly onRateLimit?: (window: WindowState) => void;
  readonly onProgress?: (step: ToolProgress) => void;
  readonly onElicit?: (request: ElicitRequest) => Promise<ElicitAnswer>;
  /** Of a workflow: gives a handle of the run at once, and does not wait for its result. */
  readonly isDetached?: boolean;
  /** The `_meta` of an MCP client's request, for MCP servers. */
  readonly meta?: JsonObject;
  /** The way back to an MCP client, for MCP servers. */
  readonly channel?: CallerChannel;
}

/** One request to an MCP server for something beside its tools. */
export interface McpFeatureRequest
  extends Pick<
    InvokeRequest,
    | 'workspace'
    | 'principal'
    | 'signal'
    | 'traceparent'
    | 'tracestate'
    | 'surface'
    | 'origin'
    | 'onProgress'
    | 'meta'
    | 'channel'
    | 'deadline'
  > {
  /** One of {@link Host.mcpUpstreams}. */
  readonly upstream: NamedUpstream['upstream'];
  readonly method: McpFeature;
  /** As the server calls things. */
  readonly params: JsonObject;
  /** How long a subscription lasts. */
  readonly until?: AbortSignal;
}

/** The state of one pack, with what a person needs to mend it. */
export type PackState =
  | { readonly kind: 'discovered' }
  | { readonly kind: 'rejected'; readonly error: CapstanError; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'needs_config'; readonly missing: readonly MissingKey[] }
  | { readonly kind: 'ready' }
  | { readonly kind: 'degraded'; readonly reason: CapstanError; readonly retryAt?: number }
  | { readonly kind: 'failed'; readonly error: CapstanError }
  /** An MCP server of it has not answered yet. */
  | { readonly kind: 'connecting' }
  | { readonly kind: 'draining' }
  | { readonly kind: 'stopped' };

/** The state of one tool in one workspace. */
export type ToolState =
  | { readonly kind: 'ready' }
  | { readonly kind: 'needs_config'; readonly missing: readonly MissingKey[] }
  | { readonly kind: 'degraded'; readonly reason: CapstanError; readonly retryAt?: number }
  | { readonly kind: 'unsupported'; readonly reason: string }
  /** Its MCP server has not answered yet; a call waits for that. */
  | { readonly kind: 'connecting' }
  | { readonly kind: 'changed' };

/** A pack as one workspace sees it. */
export interface PackView {
  /** The pack code, or the folder's name where the manifest gives none. */
  readonly code: string;
  readonly displayName: string;
  readonly version: string;
  readonly description: string;
  readonly type: string;
  /** The folder, as the operator wrote it. */
  readonly origin: string;
  readonly enabled: boolean;
  readonly state: PackState;
  readonly toolCount: number;
  /** Warnings of the manifest, and of what the operator wrote for the pack to no effect. */
  readonly diagnostics: readonly Diagnostic[];
  /** Variable names that its manifest would read, and whether the operator let it. */
  readonly environment: readonly {
    readonly name: string;
    readonly allowed: boolean;
    /** The keys of its config that it would set, and what for. */
    readonly purpose: string;
  }[];
  /** Hosts that its calls may reach, as its manifest says them: `api.example.com`, `${config.base_url}`. */
  readonly reaches: readonly string[];
}

/** A tool as one workspace and principal see it. */
export interface ToolView {
  readonly definition: ToolDefinition;
  /** What an agent calls it. */
  readonly exposedName: string;
  readonly state: ToolState;
  /** Ids of the connections that a call may name. */
  readonly connectionIds: readonly string[];
  /** Of a workflow: whether its runs survive the end of the process. */
  readonly isDurable?: boolean;
  /** The effective policies, after pack, tool and host defaults. */
  readonly policy: {
    readonly timeoutMs: number;
    readonly deadlineMs: number;
    readonly retry: { readonly maxRetries: number; readonly baseMs: number; readonly maxMs: number };
    readonly breaker: {
      readonly failureThreshold: number;
      readonly recoveryTimeoutMs: number;
      readonly successThreshold: number;
    };
    readonly rateLimit: {
      readonly limit: number;
      readonly windowMs: number;
      readonly per: 'principal' | 'workspace' | 'connection';
    };
    /** What answers when the tool fails for good: another tool's name, or `stale`. */
    readonly fallback?: string;
  };
}

/** A connection as an operator sees it: secrets are masked. */
export interface ConnectionView {
  readonly id: string;
  readonly workspace: string;
  readonly pack: string;
  readonly toolType: string;
  readonly connectionType: string;
  readonly name: string;
  readonly remoteClusterUrl?: string;
  readonly remoteConnectionId?: string;
  readonly authType: string;
  readonly status: ConnectionStatus;
  /** Since when it has this status, in ms since the epoch; absent where nobody has looked. */
  readonly since?: number;
  /** When it was tested last, in ms since the epoch. */
  readonly lastValidatedAt?: number;
  /** Why it is not `connected`. */
  readonly validationError?: Pick<WireError, 'code' | 'message' | 'hint'>;
  /** True for one that the host derived because nobody declared any. */
  readonly derived: boolean;
}

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Hand it back to get the next page; absent on the last one. */
  readonly nextCursor?: string;
}

/** What to list. */
export interface ListToolsQuery {
  readonly workspace?: string;
  readonly principal?: Principal;
  /** Words to search for in name, description, parameters and tags. */
  readonly search?: string;
  readonly cursor?: string;
  /** Default 100, at most 1,000. */
  readonly limit?: number;
}

/** A tool of an application's own code. */
export interface RegisteredToolOptions {
  /** The tool id, `{owner}.{name}`. */
  readonly id: string;
  readonly description: string;
  readonly inputSchema?: JsonSchema;
  readonly outputSchema?: JsonSchema;
  readonly handler: import('@capstan/sdk').ToolHandler;
  readonly dangerLevel?: import('@capstan/sdk').DangerLevel;
  readonly annotations?: import('@capstan/sdk').ToolAnnotations;
  /** Workspaces that see it. Default: all. */
  readonly workspaces?: readonly string[];
  /** Per attempt and for the whole call, in ms. */
  readonly timeoutMs?: number;
  readonly deadlineMs?: number;
  /** When the tool is left alone; without one it has no breaker. */
  readonly breaker?: import('@capstan/sdk').BreakerPolicy;
  /** The tool that answers when this one fails for good, or `stale` for its last good result. */
  readonly fallback?: string;
  /** Keeps results, for each principal its own. Only of a tool that is readOnly or idempotent. */
  readonly cache?: { readonly ttlMs: number; readonly staleMs?: number; readonly tags?: readonly string[] };
}

/** The results that are kept. */
export interface CacheView extends CacheStatistics {
  /** Of the workspace that was asked for, those used last first. */
  readonly workspaceEntries: readonly CacheEntryView[];
}

/** Which results to forget: of a tool, of exactly these arguments of it, of a connection, of a tag, else of the workspace. */
export interface ClearCacheOptions {
  readonly workspace?: string;
  readonly tool?: string;
  readonly arguments?: JsonObject;
  readonly connection?: string;
  readonly tag?: string;
}

/** An MCP server that the application connects to while it runs. */
export interface LoadMcpToolsOptions {
  readonly serverUrl: string;
  /** Put before the name of each tool. */
  readonly toolPrefix?: string;
  /** Sent as a bearer token. */
  readonly authToken?: string;
  /** Names of the server's tools that are taken. Default: all. */
  readonly selectedTools?: readonly string[];
  /** Its name in tool ids and states. Default: `mcp_1` and so on. */
  readonly name?: string;
  /** Default `default`. */
  readonly workspace?: string;
}

/** An MCP server that an operator adds, to stay. */
export interface AddMcpServerOptions {
  readonly name: string;
  /** As under `mcp_servers` of a manifest. Its texts may hold references to what the operator may read. */
  readonly server: JsonObject;
  readonly workspace: string;
  /** Who adds it. Default: the application. */
  readonly actor?: Actor;
}

/** An MCP server as an operator sees it: without its secrets. */
export interface McpServerView {
  readonly name: string;
  readonly workspace: string;
  /** The pack that declares it. */
  readonly pack?: string;
  /** Its URL without query, or its command as it was written. */
  readonly origin: string;
  readonly transport: 'http' | 'stdio';
  readonly state: ToolState;
  readonly toolCount: number;
  /** Whether it was added to stay. */
  readonly isKept: boolean;
}

/** What happens in a host. Payloads never hold arguments or secrets. */
export interface HostEvents {
  'pack:state': [event: { readonly pack: string; readonly workspace?: string; readonly state: PackState }];
  'connection:state': [
    event: { readonly workspace: string; readonly connection: string; readonly status: ConnectionStatus },
  ];
  'circuit:state': [
    event: {
      readonly endpoint: string;
      readonly pack?: string;
      readonly from: string;
      readonly to: string;
      /** Why it opened. */
      readonly reason?: string;
      /** Since the start. */
      readonly counters: { readonly calls: number; readonly failures: number; readonly rejected: number };
    },
  ];
  /** What an MCP server offers beside tools has changed. */
  'mcp:offer': [event: { readonly workspace: string; readonly server: string }];
  /** A resource of an MCP server changed, that a principal subscribed to. */
  'mcp:resource': [
    event: {
      readonly workspace: string;
      readonly principal: string;
      readonly server: string;
      readonly uri: string;
    },
  ];
  /** A call waits for an operator. */
  'approval:requested': [event: { readonly workspace: string; readonly approval: StoredApproval }];
  'approval:decided': [event: { readonly workspace: string; readonly approval: StoredApproval }];
  'catalog:changed': [event: { readonly workspace: string; readonly revision: number }];
  'invocation:started': [
    event: {
      readonly executionId: string;
      readonly workspace: string;
      readonly tool: string;
      readonly surface: Surface;
    },
  ];
  'invocation:finished': [
    event: {
      readonly executionId: string;
      readonly workspace: string;
      readonly tool: string;
      readonly surface: Surface;
      readonly status: InvocationOutcome['status'];
      readonly code?: string;
      readonly durationMs: number;
    },
  ];
}

/** Whom and what {@link Host.explainPolicy} is about. */
export interface ExplainPolicyQuestion {
  readonly principal: Principal;
  /** Tool id, exposed name or alias. */
  readonly tool: string;
  readonly workspace?: string;
  /** Absent: about a call of which nothing is known. */
  readonly arguments?: JsonObject;
  readonly surface?: Surface;
}

/** A running host: the library's front door. Every method answers for one workspace. */
export interface Host {
  /** What operators change while it runs. */
  readonly administration: HostAdministration;
  /** Calls one tool. Never rejects for an expected failure: the outcome says what happened. */
  invoke(request: InvokeRequest): Promise<InvocationOutcome>;
  /** Calls several tools, at most `maxWorkers` (5) at once; outcomes in the order of the calls. */
  invokeMany(
    requests: readonly InvokeRequest[],
    options?: { readonly maxWorkers?: number },
  ): Promise<readonly InvocationOutcome[]>;
  /** The results that are kept, and how each tool's are used. */
  cacheView(workspace?: string): CacheView;
  /** Forgets results, on all replicas that share them; `isShared` is false where those could not be told. */
  clearCache(what?: ClearCacheOptions): Promise<{ readonly cleared: number; readonly isShared: boolean }>;
  /** Calls that wait for an operator. */
  readonly approvals: ApprovalDesk;
  /** Tools whose definition is not the one that was accepted. */
  readonly contracts: ContractDesk;
  /** Why a principal may or may not call and see a tool; for operators. @throws CapstanError CAPSTAN_TOOL_NOT_FOUND */
  explainPolicy(question: ExplainPolicyQuestion): PolicyExplanation;
  /** All of a principal that decides what it sees: principals of one text see the same, until the policies change. */
  visibilityOf(principal: Principal): string;
  /** Records an administrative act. Whoever acts calls it, also when it was refused; resolves when the record is written. */
  audit(act: AdministrativeAct): Promise<void>;
  /** The tools that a principal may see, sorted by exposed name. */
  listTools(query?: ListToolsQuery): Page<ToolView>;
  /** One tool by tool id, exposed name or alias; undefined when unknown or hidden. */
  findTool(name: string, query?: { readonly workspace?: string; readonly principal?: Principal }): ToolView | undefined;
  /** Changes with every change of the workspace's catalog. */
  catalogRevision(workspace?: string): number;
  workspaces(): readonly string[];
  packs(workspace?: string): readonly PackView[];
  enablePack(
    code: string,
    workspace?: string,
    options?: { readonly environment?: readonly string[]; readonly actor?: Actor },
  ): Promise<PackView>;
  disablePack(code: string, workspace?: string, options?: { readonly actor?: Actor }): Promise<PackView>;
  /** The resolved config of a pack with its trace. @throws CapstanError CAPSTAN_PACK_NOT_FOUND, CAPSTAN_CONNECTION_NOT_FOUND */
  explainConfig(code: string, query?: { readonly workspace?: string; readonly connection?: string }): ConfigResolution;
  connections(workspace?: string): readonly ConnectionView[];
  /**
   * Walks from the config of a connection to one harmless call, and sets its status by what it finds.
   * @throws CapstanError CAPSTAN_CONNECTION_NOT_FOUND
   */
  testConnection(idOrName: string, workspace?: string): Promise<ConnectionTestReport>;
  /**
   * Begins to connect a user's own account: open the URL in a browser. `redirectUri` is where the authorization server
   * sends it back to; hand what arrives there to `completeAuthorization`.
   * @throws CapstanError CAPSTAN_CONNECTION_NOT_FOUND, CAPSTAN_INVALID_REQUEST where nobody signs in
   */
  authorizeConnection(
    idOrName: string,
    options: { readonly workspace?: string; readonly redirectUri: string },
  ): Promise<{ readonly url: string; readonly expiresAt: number }>;
  /** @throws CapstanError where nobody waits for it, or the authorization server gives no token */
  completeAuthorization(
    callback: URL,
  ): Promise<{ readonly id: string; readonly workspace: string; readonly name: string }>;
  /** The runs of workflows. */
  readonly runs: Runs;
  circuits(): readonly JsonValue[];
  /** A large result that was kept back, as JSON text; undefined where the workspace has none of this id, or no longer. */
  storedResult(id: string, workspace?: string): Promise<string | undefined>;
  /** Adds a tool of the application's own code; the returned function removes it. @throws CapstanError CAPSTAN_TOOL_DUPLICATE naming both owners */
  register(tool: RegisteredToolOptions): () => void;
  /** Connects to an MCP server and offers its tools until the returned function is called. Resolves when it has answered or failed once. */
  loadMcpTools(options: LoadMcpToolsOptions): Promise<() => void>;
  /** Adds an MCP server to stay: it is kept with what is enabled. @throws CapstanError CAPSTAN_INVALID_REQUEST or CAPSTAN_CONFLICT */
  addMcpServer(options: AddMcpServerOptions): Promise<McpServerView>;
  /** @throws CapstanError CAPSTAN_NOT_FOUND for one that nobody added */
  removeMcpServer(name: string, workspace?: string, options?: { readonly actor?: Actor }): Promise<void>;
  /** The MCP servers of a workspace: of its packs, and those that were added. */
  mcpServers(workspace?: string): readonly McpServerView[];
  /** The connections to the MCP servers of a workspace, with what a principal may see there, for a surface that speaks MCP. */
  mcpUpstreams(workspace?: string, principal?: Principal): readonly NamedUpstream[];
  /** Asks an MCP server for something beside its tools, through all stages of a call. The outcome is as of `invoke`. */
  mcpRequest(request: McpFeatureRequest): Promise<InvocationOutcome>;
  /** Resolves when every MCP server has answered or failed once. */
  settled(): Promise<void>;
  on<Name extends keyof HostEvents>(name: Name, listener: (...payload: HostEvents[Name]) => void): () => void;
  /** Counters since the start, by name. */
  metrics(): Readonly<Record<string, number>>;
  /** Refuses new calls, waits for running ones up to `timeoutMs` (5,000), cancels the rest, closes everything. */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
}
