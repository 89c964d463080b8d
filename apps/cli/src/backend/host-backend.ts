import { type ExplainJson, toExplainJson } from '@capstan/config';
import type { Host, Surface } from '@capstan/host';
import type { CatalogSnapshot, McpUpstreams } from '@capstan/mcp';
import { CapstanError, type InvocationOutcome, type JsonObject, type JsonValue, type Principal } from '@capstan/sdk';
import { type AuditLog, auditFilterOf, createHostGateway } from '@capstan/server';
import type { AuditQuery, Backend, BackendCall, PackSwitch, ToolQuery } from './backend.ts';
import { connectionJson, connectionTestJson, mcpServerJson, packJson, toolDetailJson, toolJson } from './to-json.ts';
import type {
  AuditVerificationJson,
  AuthorizationJson,
  CircuitJson,
  ConnectionJson,
  ConnectionTestJson,
  McpServerJson,
  PackJson,
  PageJson,
  ToolDetailJson,
  ToolJson,
} from './views.ts';

/** What {@link createHostBackend} takes. */
export interface HostBackendOptions {
  readonly host: Host;
  /** Who calls, and how it is recorded. */
  readonly principal: Principal;
  readonly surface: Surface;
  /** What was recorded in the data folder; absent where there is none. */
  readonly audit?: AuditLog;
  /** Closes the host and what belongs to it. */
  readonly close: () => Promise<void>;
}

/** A host in this process. */
export function createHostBackend(options: HostBackendOptions): Backend {
  return new HostBackend(options);
}

/** `npx` may have to fetch a server first. */
const SETTLE_MS = 60_000;

class HostBackend implements Backend {
  readonly origin = 'in process';
  readonly close: () => Promise<void>;
  readonly upstreams?: McpUpstreams;
  readonly #host: Host;
  readonly #principal: Principal;
  readonly #surface: Surface;
  readonly #audit: AuditLog | undefined;
  readonly #gateway: ReturnType<typeof createHostGateway>;
  #settling: Promise<void> | undefined;

  constructor({ host, principal, surface, audit, close }: HostBackendOptions) {
    this.#host = host;
    this.#audit = audit;
    this.#principal = principal;
    this.#surface = surface;
    this.#gateway = createHostGateway(host);
    if (this.#gateway.upstreams !== undefined) this.upstreams = this.#gateway.upstreams;
    this.close = close;
  }

  showCache(): Promise<never> {
    return Promise.reject(needsServer('results are kept by a running server alone'));
  }

  clearCache(): Promise<never> {
    return this.showCache();
  }

  async listAudit({ workspace, cursor, limit, ...query }: AuditQuery): Promise<PageJson<JsonObject>> {
    const filter = { ...auditFilterOf(query), ...(workspace === undefined ? {} : { workspace }) };
    const page = { ...(cursor === undefined ? {} : { cursor }), ...(limit === undefined ? {} : { limit }) };
    const { items, nextCursor } = await this.#auditLog().query(filter, page);
    return { items, ...(nextCursor === undefined ? {} : { next_cursor: nextCursor }) };
  }

  async verifyAudit(): Promise<AuditVerificationJson> {
    const chains = await this.#auditLog().verify();
    return { whole: chains.every(({ findings }) => findings.length === 0), chains };
  }

  #auditLog(): AuditLog {
    if (this.#audit !== undefined) return this.#audit;
    throw new CapstanError('CAPSTAN_CONFLICT', 'this host keeps no audit records');
  }

  readTelemetry(): Promise<never> {
    const error = new CapstanError('CAPSTAN_CONFLICT', 'no server runs whose calls could be watched', {
      hint: 'Start one with "capstan start", or name one with --url.',
    });
    return Promise.reject(error);
  }

  reportAudit(): Promise<never> {
    return Promise.reject(needsServer('a security report needs a running server'));
  }

  async listMcpServers(workspace: string): Promise<readonly McpServerJson[]> {
    await this.#settled();
    return this.#host.mcpServers(workspace).map(mcpServerJson);
  }

  async addMcpServer(name: string, server: JsonObject, workspace: string): Promise<McpServerJson> {
    const added = mcpServerJson(await this.#host.addMcpServer({ name, server, workspace }));
    await this.#settled();
    return (
      this.#host
        .mcpServers(workspace)
        .map(mcpServerJson)
        .find((one) => one.name === name) ?? added
    );
  }

  removeMcpServer(name: string, workspace: string): Promise<void> {
    return this.#host.removeMcpServer(name, workspace);
  }

  /** A host that was just opened knows the tools of its MCP servers when they have answered; one that hangs is not waited for. */
  #settled(): Promise<void> {
    this.#settling ??= new Promise((resolve) => {
      const timer = setTimeout(resolve, SETTLE_MS);
      void this.#host.settled().then(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    return this.#settling;
  }

  async listTools(query: ToolQuery): Promise<PageJson<ToolJson>> {
    await this.#settled();
    const { items, nextCursor } = this.#host.listTools({ ...query, principal: this.#principal });
    return { items: items.map(toolJson), ...(nextCursor === undefined ? {} : { next_cursor: nextCursor }) };
  }

  async findTool(name: string, workspace: string): Promise<ToolDetailJson | undefined> {
    await this.#settled();
    const view = this.#host.findTool(name, { workspace, principal: this.#principal });
    return view && toolDetailJson(view, this.#host.connections(workspace));
  }

  async invoke(call: BackendCall): Promise<InvocationOutcome> {
    if (this.#host.findTool(call.tool, call) === undefined) await this.#settled();
    return this.#host.invoke({ ...call, principal: this.#principal, surface: this.#surface });
  }

  async listPacks(workspace: string): Promise<readonly PackJson[]> {
    await this.#settled();
    return this.#host.packs(workspace).map(packJson);
  }

  async switchPack({ workspace, code, enabled, environment }: PackSwitch): Promise<PackJson> {
    return packJson(
      enabled
        ? await this.#host.enablePack(code, workspace, environment === undefined ? {} : { environment })
        : await this.#host.disablePack(code, workspace),
    );
  }

  async explainConfig(
    code: string,
    query: { readonly workspace: string; readonly connection?: string },
  ): Promise<ExplainJson> {
    return toExplainJson(this.#host.explainConfig(code, query));
  }

  async listConnections(workspace: string): Promise<readonly ConnectionJson[]> {
    return this.#host.connections(workspace).map(connectionJson);
  }

  async testConnection(connection: string, workspace: string): Promise<ConnectionTestJson> {
    return connectionTestJson(await this.#host.testConnection(connection, workspace));
  }

  async authorizeConnection(): Promise<AuthorizationJson> {
    throw new CapstanError('CAPSTAN_CONFLICT', 'no server runs to which the browser could come back', {
      hint: 'Start one with "capstan start", then authorize the connection while it runs.',
    });
  }

  async administer<Answer>(): Promise<Answer> {
    throw new CapstanError('CAPSTAN_CONFLICT', 'no server runs that would keep this', {
      hint: 'Start one with "capstan start", or name one with --url; without one write it into capstan.yaml.',
    });
  }

  async listCircuits(): Promise<readonly CircuitJson[]> {
    const circuits: readonly (JsonValue | CircuitJson)[] = this.#host.circuits();
    return circuits.filter(isCircuit);
  }

  async catalog(workspace: string): Promise<CatalogSnapshot> {
    return this.#gateway.listTools({ workspace, principal: this.#principal });
  }

  onCatalogChanged(workspace: string, listener: () => void): () => void {
    return this.#gateway.onCatalogChanged(workspace, listener);
  }
}

/** The host writes them in the form of the REST surface. */
function isCircuit(value: JsonValue | CircuitJson): value is CircuitJson {
  return typeof value === 'object' && value !== null && 'endpoint' in value && 'state' in value;
}

function needsServer(message: string): CapstanError {
  return new CapstanError('CAPSTAN_CONFLICT', message, {
    hint: 'Start one with "capstan start", or name one with --url.',
  });
}
