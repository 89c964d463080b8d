import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { ExplainJson } from '@capstan/config';
import type { CatalogSnapshot } from '@capstan/mcp';
import type { InvocationOutcome, JsonObject, ToolProgress } from '@capstan/sdk';
import { isCapstanError } from '@capstan/sdk';
import type { SecurityReport, ServerTelemetry } from '@capstan/server';
import type { AdministrativeRequest } from './administration.ts';
import type { AuditQuery, Backend, BackendCall, PackSwitch, ToolQuery } from './backend.ts';
import { toCatalogTool } from './catalog-tool.ts';
import { type OutcomeJson, toOutcome } from './outcome-json.ts';
import { createRestClient, type RestClient, type RestTarget } from './rest-client.ts';
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
  ToolWithSchemasJson,
} from './views.ts';

/** The largest page that the REST surface gives. */
const PAGE_LIMIT = 1000;
/** How long a catalog is taken to be current: a client that calls tool after tool must not fetch it each time. */
const FRESH_MS = 1000;
/** How often a client that waits for changes gets the server asked for them. */
const POLL_MS = 3000;

/** How long a new MCP server is watched, and how often. */
const CONNECT_MS = 60_000;
const CONNECT_POLL_MS = 250;

/** Takes {@link RestTarget}. */
export interface RestBackendOptions extends RestTarget {
  /** Milliseconds that only ever grow. */
  readonly now?: () => number;
  readonly pollMs?: number;
}

/** A host behind the REST surface of a running server. */
export function createRestBackend(options: RestBackendOptions): Backend {
  return new RestBackend(options);
}

interface KnownCatalog {
  readonly snapshot: CatalogSnapshot;
  readonly readAt: number;
}

class RestBackend implements Backend {
  readonly origin: string;
  readonly #client: RestClient;
  readonly #now: () => number;
  readonly #pollMs: number;
  readonly #catalogs = new Map<string, KnownCatalog>();
  readonly #polls = new Set<NodeJS.Timeout>();

  constructor({ now, pollMs, ...target }: RestBackendOptions) {
    this.origin = target.url;
    this.#client = createRestClient(target);
    this.#now = now ?? (() => performance.now());
    this.#pollMs = pollMs ?? POLL_MS;
  }

  async listTools({ workspace, ...query }: ToolQuery): Promise<PageJson<ToolJson>> {
    return this.#read<PageJson<ToolJson>>(['v1', 'workspaces', workspace, 'tools'], query);
  }

  async findTool(name: string, workspace: string): Promise<ToolDetailJson | undefined> {
    try {
      return await this.#read<ToolDetailJson>(['v1', 'workspaces', workspace, 'tools', name]);
    } catch (error) {
      if (isCapstanError(error) && error.code === 'CAPSTAN_TOOL_NOT_FOUND') return undefined;
      throw error;
    }
  }

  async invoke(call: BackendCall): Promise<InvocationOutcome> {
    const { onProgress } = call;
    const body = await this.#client.read({
      method: 'POST',
      path: ['v1', 'workspaces', call.workspace, 'tools', call.tool, 'invoke'],
      body: {
        arguments: call.arguments,
        ...(call.connection === undefined ? {} : { connection: call.connection }),
      },
      headers: call.traceparent === undefined ? {} : { traceparent: call.traceparent },
      ...(call.signal === undefined ? {} : { signal: call.signal }),
      ...(onProgress === undefined ? {} : { onProgress: (step) => onProgress(step as ToolProgress) }),
    });
    return toOutcome(body as OutcomeJson);
  }

  async listPacks(workspace: string): Promise<readonly PackJson[]> {
    const page = await this.#read<PageJson<PackJson>>(['v1', 'workspaces', workspace, 'packs']);
    return page.items;
  }

  async switchPack({ workspace, code, enabled, environment }: PackSwitch): Promise<PackJson> {
    const body = await this.#client.read({
      method: 'POST',
      path: ['v1', 'workspaces', workspace, 'packs', code, enabled ? 'enable' : 'disable'],
      ...(enabled ? { body: { environment: environment ?? [] } } : {}),
    });
    return body as PackJson;
  }

  explainConfig(code: string, query: { workspace: string; connection?: string }): Promise<ExplainJson> {
    const { workspace, connection } = query;
    return this.#read<ExplainJson>(['v1', 'workspaces', workspace, 'packs', code, 'config'], {
      explain: true,
      connection,
    });
  }

  async listConnections(workspace: string): Promise<readonly ConnectionJson[]> {
    const page = await this.#read<PageJson<ConnectionJson>>(['v1', 'workspaces', workspace, 'connections']);
    return page.items;
  }

  async testConnection(connection: string, workspace: string): Promise<ConnectionTestJson> {
    return (await this.#post(connection, workspace, 'test')) as ConnectionTestJson;
  }

  async authorizeConnection(connection: string, workspace: string): Promise<AuthorizationJson> {
    return (await this.#post(connection, workspace, 'authorize')) as AuthorizationJson;
  }

  async administer<Answer>({ path, ...rest }: AdministrativeRequest): Promise<Answer> {
    return (await this.#client.read({ ...rest, path: ['v1', ...path] })) as Answer;
  }

  async listCircuits(workspace: string): Promise<readonly CircuitJson[]> {
    const page = await this.#read<PageJson<CircuitJson>>(['v1', 'workspaces', workspace, 'circuits']);
    return page.items;
  }

  async showCache(workspace: string): Promise<CacheJson> {
    return this.#read(['v1', 'workspaces', workspace, 'cache']);
  }

  async clearCache(workspace: string, what: JsonObject): Promise<ClearedJson> {
    const path = ['v1', 'workspaces', workspace, 'cache', 'clear'];
    return (await this.#client.read({ method: 'POST', path, body: what })) as ClearedJson;
  }

  async listAudit({ workspace, ...query }: AuditQuery): Promise<PageJson<JsonObject>> {
    return this.#read(['v1', 'audit'], { ...query, workspace });
  }

  async verifyAudit(): Promise<AuditVerificationJson> {
    return this.#read(['v1', 'audit', 'verify']);
  }

  async readTelemetry(): Promise<ServerTelemetry> {
    return this.#read(['v1', 'telemetry']);
  }

  async reportAudit(days: number): Promise<SecurityReport> {
    return this.#read(['v1', 'audit', 'report'], { days });
  }

  async listMcpServers(workspace: string): Promise<readonly McpServerJson[]> {
    const page = await this.#read<PageJson<McpServerJson>>(['v1', 'workspaces', workspace, 'mcp-servers']);
    return page.items;
  }

  async addMcpServer(name: string, server: JsonObject, workspace: string): Promise<McpServerJson> {
    const path = ['v1', 'workspaces', workspace, 'mcp-servers'];
    let found = (await this.#client.read({ method: 'POST', path, body: { name, server } })) as McpServerJson;
    for (let waited = 0; found.state.kind === 'connecting' && waited < CONNECT_MS; waited += CONNECT_POLL_MS) {
      await setTimeout(CONNECT_POLL_MS);
      found = (await this.listMcpServers(workspace)).find((one) => one.name === name) ?? found;
    }
    return found;
  }

  async removeMcpServer(name: string, workspace: string): Promise<void> {
    await this.#client.read({ method: 'DELETE', path: ['v1', 'workspaces', workspace, 'mcp-servers', name] });
  }

  async catalog(workspace: string): Promise<CatalogSnapshot> {
    const known = this.#catalogs.get(workspace);
    if (known !== undefined && this.#now() - known.readAt < FRESH_MS) return known.snapshot;
    const tools = await this.#allTools(workspace);
    const revision = createHash('sha256').update(JSON.stringify(tools)).digest('base64url');
    const snapshot =
      known?.snapshot.revision === revision
        ? known.snapshot
        : { revision, tools: tools.map(toCatalogTool).sort(byName) };
    this.#catalogs.set(workspace, { snapshot, readAt: this.#now() });
    return snapshot;
  }

  onCatalogChanged(workspace: string, listener: () => void): () => void {
    let last = this.#catalogs.get(workspace)?.snapshot.revision;
    const poll = setInterval(() => {
      this.catalog(workspace).then(
        ({ revision }) => {
          if (last !== undefined && last !== revision) listener();
          last = revision;
        },
        () => {
          // A server that is away has no news; the next call will say so to whoever makes it.
        },
      );
    }, this.#pollMs).unref();
    this.#polls.add(poll);
    return () => {
      clearInterval(poll);
      this.#polls.delete(poll);
    };
  }

  async close(): Promise<void> {
    for (const poll of this.#polls) clearInterval(poll);
  }

  #post(connection: string, workspace: string, action: 'test' | 'authorize'): Promise<unknown> {
    return this.#client.read({
      method: 'POST',
      path: ['v1', 'workspaces', workspace, 'connections', connection, action],
    });
  }

  async #allTools(workspace: string): Promise<readonly ToolWithSchemasJson[]> {
    const tools: ToolWithSchemasJson[] = [];
    let cursor: string | undefined;
    do {
      const page: PageJson<ToolWithSchemasJson> = await this.#read(['v1', 'workspaces', workspace, 'tools'], {
        limit: PAGE_LIMIT,
        schemas: true,
        cursor,
      });
      tools.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== undefined);
    return tools;
  }

  /** The answers of a Capstan server are trusted to have the form that it publishes in /openapi.json. */
  async #read<Body>(
    path: readonly string[],
    query: Readonly<Record<string, string | number | boolean | undefined>> = {},
  ): Promise<Body> {
    return (await this.#client.read({ method: 'GET', path, query })) as Body;
  }
}

function byName(one: { readonly exposedName: string }, other: { readonly exposedName: string }): number {
  return one.exposedName < other.exposedName ? -1 : Number(one.exposedName > other.exposedName);
}
