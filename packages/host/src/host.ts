import type { ConfigResolution, MissingKey } from '@capstan/config';
import type { Diagnostic } from '@capstan/schema';
import type {
  CapstanError,
  ElicitAnswer,
  ElicitRequest,
  InvocationOutcome,
  JsonObject,
  JsonSchema,
  JsonValue,
  Principal,
  ToolDefinition,
  ToolProgress,
} from '@capstan/sdk';

/** Where a call came in. */
export type Surface = 'mcp' | 'rest' | 'cli' | 'in_process' | 'tool';

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
  /** Aborting it cancels the call. */
  readonly signal?: AbortSignal;
  /** W3C `traceparent` of the caller. */
  readonly traceparent?: string;
  /** Default `in_process`. */
  readonly surface?: Surface;
  readonly onProgress?: (step: ToolProgress) => void;
  readonly onElicit?: (request: ElicitRequest) => Promise<ElicitAnswer>;
}

/** The state of one pack, with what a person needs to mend it. */
export type PackState =
  | { readonly kind: 'discovered' }
  | { readonly kind: 'rejected'; readonly error: CapstanError; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: 'needs_config'; readonly missing: readonly MissingKey[] }
  | { readonly kind: 'ready' }
  | { readonly kind: 'degraded'; readonly reason: CapstanError; readonly retryAt?: number }
  | { readonly kind: 'failed'; readonly error: CapstanError }
  | { readonly kind: 'draining' }
  | { readonly kind: 'stopped' };

/** The state of one tool in one workspace. */
export type ToolState =
  | { readonly kind: 'ready' }
  | { readonly kind: 'needs_config'; readonly missing: readonly MissingKey[] }
  | { readonly kind: 'degraded'; readonly reason: CapstanError; readonly retryAt?: number }
  | { readonly kind: 'unsupported'; readonly reason: string }
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
  /** Warnings of the manifest. */
  readonly diagnostics: readonly Diagnostic[];
  /** Variable names that its manifest would read, and whether the operator let it. */
  readonly environment: readonly { readonly name: string; readonly allowed: boolean }[];
}

/** A tool as one workspace and principal see it. */
export interface ToolView {
  readonly definition: ToolDefinition;
  /** What an agent calls it. */
  readonly exposedName: string;
  readonly state: ToolState;
  /** Ids of the connections that a call may name. */
  readonly connectionIds: readonly string[];
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
  readonly status: string;
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
}

/** What happens in a host. Payloads never hold arguments or secrets. */
export interface HostEvents {
  'pack:state': [event: { readonly pack: string; readonly workspace?: string; readonly state: PackState }];
  'circuit:state': [event: { readonly endpoint: string; readonly from: string; readonly to: string }];
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

/** A running host: the library's front door. Every method answers for one workspace. */
export interface Host {
  /** Calls one tool. Never rejects for an expected failure: the outcome says what happened. */
  invoke(request: InvokeRequest): Promise<InvocationOutcome>;
  /** Calls several tools, at most `maxWorkers` (5) at once; outcomes in the order of the calls. */
  invokeMany(
    requests: readonly InvokeRequest[],
    options?: { readonly maxWorkers?: number },
  ): Promise<readonly InvocationOutcome[]>;
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
    options?: { readonly environment?: readonly string[] },
  ): Promise<PackView>;
  disablePack(code: string, workspace?: string): Promise<PackView>;
  /** The resolved config of a pack with its trace. @throws CapstanError CAPSTAN_PACK_NOT_FOUND, CAPSTAN_CONNECTION_NOT_FOUND */
  explainConfig(code: string, query?: { readonly workspace?: string; readonly connection?: string }): ConfigResolution;
  connections(workspace?: string): readonly ConnectionView[];
  circuits(): readonly JsonValue[];
  /** Adds a tool of the application's own code; the returned function removes it. @throws CapstanError CAPSTAN_TOOL_DUPLICATE naming both owners */
  register(tool: RegisteredToolOptions): () => void;
  on<Name extends keyof HostEvents>(name: Name, listener: (...payload: HostEvents[Name]) => void): () => void;
  /** Counters since the start, by name. */
  metrics(): Readonly<Record<string, number>>;
  /** Refuses new calls, waits for running ones up to `timeoutMs` (5,000), cancels the rest, closes everything. */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
}
