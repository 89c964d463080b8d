import type { ExplainJson } from '@capstan/config';
import type { CallerChannel, CatalogSnapshot, McpUpstreams } from '@capstan/mcp';
import type { ElicitAnswer, ElicitRequest, InvocationOutcome, JsonObject, ToolProgress } from '@capstan/sdk';
import type { SecurityReport, ServerTelemetry } from '@capstan/server';
import type { AdministrativeRequest } from './administration.ts';
import type {
  AuditVerificationJson,
  AuthorizationJson,
  CacheJson,
  CircuitJson,
  ClearedJson,
  ConnectionJson,
  ConnectionTestJson,
  McpServerJson,
  PackJson,
  PageJson,
  ToolDetailJson,
  ToolJson,
} from './views.ts';

/** Which tools to list. */
export interface ToolQuery {
  readonly workspace: string;
  /** Words to look for; the best match comes first. */
  readonly search?: string;
  readonly cursor?: string;
  readonly limit?: number;
}

/** One call. */
export interface BackendCall {
  readonly workspace: string;
  /** Exposed name, tool id or alias. */
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly connection?: string;
  readonly traceparent?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (step: ToolProgress) => void;
  /** Only in process: over REST a tool cannot ask. */
  readonly onElicit?: (request: ElicitRequest) => Promise<ElicitAnswer>;
  /** Only in process: for MCP servers behind the host. */
  readonly meta?: JsonObject;
  readonly channel?: CallerChannel;
}

/** Which audit records to list; names as in the query of the REST surface. */
export interface AuditQuery {
  /** Absent: of all workspaces. */
  readonly workspace?: string;
  readonly kind?: string;
  readonly tool?: string;
  readonly act?: string;
  readonly principal?: string;
  readonly status?: string;
  readonly code?: string;
  /** RFC 3339. */
  readonly since?: string;
  readonly until?: string;
  readonly cursor?: string;
  readonly limit?: number;
}

/** Enables or disables a pack. */
export interface PackSwitch {
  readonly workspace: string;
  readonly code: string;
  readonly enabled: boolean;
  /** Names of variables that the pack may read from then on. */
  readonly environment?: readonly string[];
}

/**
 * What the commands need of a host, wherever it runs. Views have the form of the REST surface.
 * Every method rejects with a CapstanError; a call that fails is an outcome, unless it never reached the host.
 */
export interface Backend {
  /** `in process`, or the URL of the server. */
  readonly origin: string;
  listTools(query: ToolQuery): Promise<PageJson<ToolJson>>;
  /** Undefined where there is no such tool, or the caller may not know of it. */
  findTool(name: string, workspace: string): Promise<ToolDetailJson | undefined>;
  invoke(call: BackendCall): Promise<InvocationOutcome>;
  listPacks(workspace: string): Promise<readonly PackJson[]>;
  switchPack(change: PackSwitch): Promise<PackJson>;
  explainConfig(
    code: string,
    query: { readonly workspace: string; readonly connection?: string },
  ): Promise<ExplainJson>;
  listConnections(workspace: string): Promise<readonly ConnectionJson[]>;
  /** Walks to the service step by step; a test that finds something resolves, too. */
  testConnection(connection: string, workspace: string): Promise<ConnectionTestJson>;
  /** Begins to connect a user's own account. Only where a server runs: the browser comes back to it. */
  authorizeConnection(connection: string, workspace: string): Promise<AuthorizationJson>;
  /** What operators change while a server runs; in process there is none that would keep it. */
  administer<Answer>(request: AdministrativeRequest): Promise<Answer>;
  /** The breakers of the whole host. */
  listCircuits(workspace: string): Promise<readonly CircuitJson[]>;
  /** The MCP servers of a workspace and how they are doing. */
  listMcpServers(workspace: string): Promise<readonly McpServerJson[]>;
  /** Adds one, to stay; resolves when it has answered or failed once, or after a while. */
  addMcpServer(name: string, server: JsonObject, workspace: string): Promise<McpServerJson>;
  removeMcpServer(name: string, workspace: string): Promise<void>;
  /** The results that are kept, and how they are used. */
  showCache(workspace: string): Promise<CacheJson>;
  /** Forgets results: of a tool, of exact arguments of it, of a connection, of a tag, else of the workspace. */
  clearCache(workspace: string, what: JsonObject): Promise<ClearedJson>;
  /** Audit records, newest first. */
  listAudit(query: AuditQuery): Promise<PageJson<JsonObject>>;
  /** Looks through the hash chains of the audit records. */
  verifyAudit(): Promise<AuditVerificationJson>;
  /** A security report of the last days. Only where a server runs: it looks at keys and tools too. */
  reportAudit(days: number): Promise<SecurityReport>;
  /** What the server is doing, as counts since its start. Only where a server runs. */
  readTelemetry(): Promise<ServerTelemetry>;
  /** All tools with their schemas; the same object as long as nothing changed. */
  catalog(workspace: string): Promise<CatalogSnapshot>;
  /** The MCP servers behind the host, for what they have beside tools. Only in process. */
  readonly upstreams?: McpUpstreams;
  /** Tells of every change of a workspace's catalog, until the returned function is called. */
  onCatalogChanged(workspace: string, listener: () => void): () => void;
  close(): Promise<void>;
}
