import type { Invalidation, ResultCache } from '@capstan/limits';
import type { NamedUpstream } from '@capstan/mcp';
import type { Policy, PolicyExplanation } from '@capstan/policy';
import {
  CapstanError,
  type Clock,
  type InvocationOutcome,
  type JsonObject,
  type JsonValue,
  type Principal,
} from '@capstan/sdk';
import { Slots } from '@capstan/workflow';
import type { EventEmitter } from 'eventemitter3';
import { type Actor, APPLICATION_ACTOR } from './administration/actor.ts';
import type { Administration } from './administration/administration.ts';
import type { ApprovalDesk } from './approvals/approval-desk.ts';
import { actRecord } from './audit/act-record.ts';
import type { AdministrativeAct, AuditSink } from './audit/audit-record.ts';
import { BatchGathering, leaveSeat, takeSeat } from './batching/batch-gathering.ts';
import type { ConnectionDesk } from './connection-test/connection-desk.ts';
import { contractDesk } from './contracts/contract-desk.ts';
import type { ContractDesk } from './contracts/contract-differences.ts';
import type { ToolContracts } from './contracts/tool-contracts.ts';
import { newExecutionId } from './execution-id.ts';
import type {
  AddMcpServerOptions,
  CacheView,
  ClearCacheOptions,
  ConnectionView,
  ExplainPolicyQuestion,
  Host,
  HostEvents,
  InvokeRequest,
  ListToolsQuery,
  LoadMcpToolsOptions,
  McpFeatureRequest,
  McpServerView,
  PackView,
  Page,
  RegisteredToolOptions,
  ToolView,
} from './host.ts';
import type { AddedServers } from './mcp/added-servers.ts';
import type { McpFeature } from './mcp/mcp-features.ts';
import type { McpSources } from './mcp/mcp-sources.ts';
import { pageOf } from './page.ts';
import { decide } from './pipeline/authorize.ts';
import { digestOf } from './pipeline/call-identity.ts';
import type { RunningCalls } from './pipeline/execute.ts';
import type { Invocation, Next } from './pipeline/invocation.ts';
import type { ResultStore } from './results/result-store.ts';
import type { CallDefaults } from './settings/host-settings.ts';
import { serverView, toolView } from './views.ts';
import type { Runs } from './workflows/runs.ts';
import { applicationTool } from './workspace/application-tool.ts';
import type { ToolEntry, ToolRunner } from './workspace/tool-entry.ts';
import type { Workspace } from './workspace/workspace.ts';
import type { WorkspacePacks } from './workspace/workspace-packs.ts';

/** What a host runs on; made by `createHost`. */
export interface HostParts {
  readonly administration: Administration;
  readonly workspaces: ReadonlyMap<string, Workspace>;
  readonly packs: WorkspacePacks;
  readonly mcp: McpSources;
  readonly addedServers: AddedServers;
  readonly connections: ConnectionDesk;
  readonly pipeline: Next;
  readonly policy: Policy;
  readonly running: RunningCalls;
  readonly events: EventEmitter<HostEvents>;
  readonly clock: Clock;
  readonly defaults: CallDefaults;
  readonly phase: { current: 'running' | 'draining' | 'stopped' };
  readonly circuits: () => readonly JsonValue[];
  readonly results: ResultStore;
  readonly runs: Runs;
  readonly approvals: ApprovalDesk;
  readonly contracts: ToolContracts;
  readonly audit: AuditSink;
  readonly cache: ResultCache;
  readonly metrics: () => Readonly<Record<string, number>>;
  /** Closes what the host opened, in order. */
  readonly dispose: () => Promise<void>;
}

function sameTool({ workspace, tool, connection }: InvokeRequest): string {
  return JSON.stringify([workspace, tool, connection]);
}

/** Who has to see what nobody can call, to decide about it. */
const OVERSEEING: ReadonlySet<string> = new Set(['operator', 'admin', 'application']);

function seesBlocked({ roles }: Principal): boolean {
  return roles.some((role) => OVERSEEING.has(role));
}

const APPLICATION: Principal = { id: 'system:in_process', roles: ['application'], permissions: [] };
const NO_ARGUMENTS: JsonObject = Object.freeze({});
const DEFAULT_WORKSPACE = 'default';
const DEFAULT_WORKERS = 5;
const DEFAULT_CLOSE_TIMEOUT_MS = 5_000;

/**
 * 1. After `close` began, new calls are answered with `CAPSTAN_DRAINING`.
 * 2. `close` waits for the calls under way, then ends the rest; each of them still gets its one outcome and its audit record.
 */
export class RunningHost implements Host {
  readonly administration: Administration;
  readonly contracts: ContractDesk;
  readonly #parts: HostParts;
  /** Tools of the application that every workspace has, those that come later too. */
  readonly #everywhere = new Map<ToolRunner, ReturnType<typeof applicationTool>>();
  #closing: Promise<void> | undefined;

  constructor(parts: HostParts) {
    this.#parts = parts;
    this.administration = parts.administration;
    this.contracts = contractDesk({
      contracts: parts.contracts,
      workspace: (id) => this.#workspace(id),
      audit: (act) => this.audit(act),
      onChanged: (id) => this.#changed(id),
    });
  }

  /** A workspace begins: it gets what every workspace has. */
  takeIn(workspace: Workspace): void {
    for (const { tool, namespace } of this.#everywhere.values()) workspace.add(tool, namespace);
    this.#changed(workspace.id);
  }

  invoke(request: InvokeRequest): Promise<InvocationOutcome> {
    return this.#run(request, undefined);
  }

  #run(request: InvokeRequest, tool: ToolEntry | undefined): Promise<InvocationOutcome> {
    const invocation: Invocation = {
      request,
      executionId: newExecutionId(),
      principal: request.principal ?? APPLICATION,
      workspaceId: request.workspace ?? DEFAULT_WORKSPACE,
      surface: request.surface ?? 'in_process',
      arguments: request.arguments ?? NO_ARGUMENTS,
      startedAt: this.#parts.clock.now(),
      tool,
      connectionId: undefined,
      decision: undefined,
      cacheUse: undefined,
      attempts: 0,
      traceparent: request.traceparent,
    };
    return this.#parts.pipeline(invocation);
  }

  cacheView(workspace?: string): CacheView {
    const { cache } = this.#parts;
    const { id } = this.#workspace(workspace);
    const { entries, bytes, tools } = cache.statistics(id);
    return { entries, bytes, tools, workspaceEntries: cache.entries(id) };
  }

  async clearCache(what: ClearCacheOptions = {}): ReturnType<Host['clearCache']> {
    const { id: workspace } = this.#workspace(what.workspace);
    return this.#parts.cache.clear(this.#invalidation(workspace, what));
  }

  #invalidation(workspace: string, { tool, arguments: given, connection, tag }: ClearCacheOptions): Invalidation {
    if (tool !== undefined) {
      const id = this.#workspace(workspace).find(tool)?.definition.id ?? tool;
      if (given === undefined) return { by: 'tool', workspace, tool: id };
      return { by: 'arguments', workspace, tool: id, arguments: digestOf([given]) };
    }
    if (connection !== undefined) return { by: 'connection', workspace, connection };
    return tag === undefined ? { by: 'workspace', workspace } : { by: 'tag', workspace, tag };
  }

  async audit(act: AdministrativeAct): Promise<void> {
    await this.#parts.audit.append(actRecord(act, this.#parts.clock.now()));
  }

  invokeMany(
    requests: readonly InvokeRequest[],
    options: { readonly maxWorkers?: number } = {},
  ): Promise<readonly InvocationOutcome[]> {
    const slots = new Slots(options.maxWorkers ?? DEFAULT_WORKERS);
    const together = this.#together(requests, slots);
    return Promise.all(
      requests.map((request) => {
        const gathering = together.get(request);
        return gathering === undefined ? slots.use(() => this.invoke(request)) : this.#invokeWith(gathering, request);
      }),
    );
  }

  /** Calls of one remote tool over one connection: they wait for each other, so none of them holds a slot meanwhile. */
  #together(requests: readonly InvokeRequest[], slots: Slots): ReadonlyMap<InvokeRequest, BatchGathering> {
    const gatherings = new Map<InvokeRequest, BatchGathering>();
    const groups = Map.groupBy(
      new Set(requests).values().filter((request) => this.#isRemote(request)),
      sameTool,
    );
    for (const group of groups.values()) {
      if (group.length < 2) continue;
      const gathering = new BatchGathering(group.length, (call) => slots.use(call));
      for (const request of group) gatherings.set(request, gathering);
    }
    return gatherings;
  }

  async #invokeWith(gathering: BatchGathering, request: InvokeRequest): Promise<InvocationOutcome> {
    const seated = takeSeat({ ...request }, gathering);
    try {
      return await this.invoke(seated);
    } finally {
      // One that was refused, cached or cancelled never arrived.
      leaveSeat(seated)?.leave();
    }
  }

  /** What tells its progress goes alone: a batch has none. */
  #isRemote({ workspace = DEFAULT_WORKSPACE, tool, onProgress }: InvokeRequest): boolean {
    const entry = this.#parts.workspaces.get(workspace)?.find(tool);
    return onProgress === undefined && entry?.definition.backendKind === 'remote';
  }

  listTools(query: ListToolsQuery = {}): Page<ToolView> {
    const workspace = this.#workspace(query.workspace);
    const found = query.search ? workspace.search(query.search) : workspace.tools();
    const { principal } = query;
    const entries = principal ? found.filter((entry) => this.#mayList(entry, principal, workspace.id)) : found;
    const page = pageOf(entries, query);
    return { ...page, items: page.items.map(toolView) };
  }

  findTool(
    name: string,
    query: { readonly workspace?: string; readonly principal?: Principal } = {},
  ): ToolView | undefined {
    const workspace = this.#workspace(query.workspace);
    const entry = workspace.find(name);
    if (!entry || (query.principal && !this.#mayList(entry, query.principal, workspace.id))) return undefined;
    return toolView(entry);
  }

  catalogRevision(workspace?: string): number {
    return this.#workspace(workspace).revision;
  }

  workspaces(): readonly string[] {
    return [...this.#parts.workspaces.keys()];
  }

  packs(workspace: string = DEFAULT_WORKSPACE): readonly PackView[] {
    const { packs, mcp, addedServers } = this.#parts;
    const origins = new Map(addedServers.list(workspace).map(({ name, origin }) => [name, origin]));
    const own = mcp.list(workspace).filter((source) => addedServers.isOwn(source));
    const views = own.map((source) => serverView(source, origins.get(source.name) ?? ''));
    return [...packs.views(workspace), ...views].sort((a, b) => (a.code < b.code ? -1 : 1));
  }

  async enablePack(
    code: string,
    workspace: string = DEFAULT_WORKSPACE,
    options: { readonly environment?: readonly string[]; readonly actor?: Actor } = {},
  ): Promise<PackView> {
    return this.administration.packs.enable(
      code,
      workspace,
      options.environment ?? [],
      options.actor ?? APPLICATION_ACTOR,
    );
  }

  async disablePack(
    code: string,
    workspace: string = DEFAULT_WORKSPACE,
    options: { readonly actor?: Actor } = {},
  ): Promise<PackView> {
    return this.administration.packs.disable(code, workspace, options.actor ?? APPLICATION_ACTOR);
  }

  explainConfig(
    code: string,
    query: { readonly workspace?: string; readonly connection?: string } = {},
  ): ReturnType<Host['explainConfig']> {
    return this.#parts.packs.explain(code, query.workspace ?? DEFAULT_WORKSPACE, query.connection);
  }

  connections(workspace: string = DEFAULT_WORKSPACE): readonly ConnectionView[] {
    return this.#parts.connections.views(workspace);
  }

  testConnection(idOrName: string, workspace: string = DEFAULT_WORKSPACE): ReturnType<Host['testConnection']> {
    return this.#parts.connections.test(workspace, idOrName);
  }

  authorizeConnection(
    idOrName: string,
    { workspace = DEFAULT_WORKSPACE, redirectUri }: { readonly workspace?: string; readonly redirectUri: string },
  ): ReturnType<Host['authorizeConnection']> {
    return this.#parts.connections.authorize(workspace, idOrName, redirectUri);
  }

  completeAuthorization(callback: URL): ReturnType<Host['completeAuthorization']> {
    return this.#parts.connections.complete(callback);
  }

  get approvals(): ApprovalDesk {
    return this.#parts.approvals;
  }

  explainPolicy({
    principal,
    tool: name,
    workspace: id,
    surface = 'rest',
    ...question
  }: ExplainPolicyQuestion): PolicyExplanation {
    const { policy } = this.#parts;
    const workspace = this.#workspace(id);
    const tool = workspace.find(name)?.definition;
    if (!tool) throw new CapstanError('CAPSTAN_TOOL_NOT_FOUND', `no such tool: ${JSON.stringify(name.slice(0, 128))}`);
    const asked = { principal, tool, workspaceId: workspace.id, arguments: question.arguments, surface };
    if (policy.explain !== undefined) return policy.explain(asked);
    const call = decide(policy, { ...asked, arguments: question.arguments ?? NO_ARGUMENTS });
    const isListed = decide(policy, { ...asked, arguments: undefined }).allow;
    return { call, callable: call.allow ? 'always' : 'never', isListed, places: [] };
  }

  visibilityOf(principal: Principal): string {
    const { sees, version } = this.#parts.policy;
    const isOperator = seesBlocked(principal) ? 'operator' : '';
    const seen = sees === undefined ? JSON.stringify([principal.roles, principal.permissions]) : sees(principal);
    return `${version?.() ?? 0} ${isOperator} ${seen}`;
  }

  get runs(): Runs {
    return this.#parts.runs;
  }

  circuits(): readonly JsonValue[] {
    return this.#parts.circuits();
  }

  storedResult(id: string, workspace: string = DEFAULT_WORKSPACE): Promise<string | undefined> {
    const { results, clock } = this.#parts;
    return results.get(this.#workspace(workspace).id, id, clock.now());
  }

  loadMcpTools(options: LoadMcpToolsOptions): Promise<() => void> {
    return this.#parts.addedServers.load(options);
  }

  addMcpServer({ actor = APPLICATION_ACTOR, ...options }: AddMcpServerOptions): Promise<McpServerView> {
    return this.administration.packs.addServer(options, actor);
  }

  removeMcpServer(
    name: string,
    workspace: string = DEFAULT_WORKSPACE,
    { actor = APPLICATION_ACTOR }: { readonly actor?: Actor } = {},
  ): Promise<void> {
    return this.administration.packs.removeServer(name, workspace, actor);
  }

  mcpServers(workspace?: string): readonly McpServerView[] {
    return this.#parts.addedServers.list(this.#workspace(workspace).id);
  }

  mcpUpstreams(workspace?: string, principal?: Principal): readonly NamedUpstream[] {
    const { id } = this.#workspace(workspace);
    return this.#parts.mcp.list(id).flatMap((source) => {
      const { name, primary: upstream } = source;
      if (upstream === undefined) return [];
      const may = (method: McpFeature): boolean =>
        principal === undefined || this.#mayList(source.feature({ method, upstream }), principal, id);
      const shows = { prompts: may('prompts/get'), resources: may('resources/read') };
      return shows.prompts || shows.resources ? [{ name, upstream, shows }] : [];
    });
  }

  mcpRequest({ upstream, method, params, until, ...request }: McpFeatureRequest): Promise<InvocationOutcome> {
    const workspace = this.#parts.workspaces.get(request.workspace ?? DEFAULT_WORKSPACE);
    const source = workspace && this.#parts.mcp.list(workspace.id).find((known) => known.has(upstream));
    const tool = source?.feature({ method, upstream, ...(until === undefined ? {} : { until }) });
    const id = tool?.definition.id ?? method;
    return this.#run({ ...request, tool: id, arguments: params }, tool);
  }

  settled(): Promise<void> {
    return this.#parts.mcp.settled();
  }

  register(options: RegisteredToolOptions): () => void {
    const registered = applicationTool(options, this.#parts.defaults);
    const { tool, namespace } = registered;
    const workspaces = (options.workspaces ?? this.workspaces()).map((id) => this.#workspace(id));
    for (const workspace of workspaces) workspace.refuseTaken(tool);
    for (const workspace of workspaces) {
      workspace.add(tool, namespace);
      this.#changed(workspace.id);
    }
    if (options.workspaces === undefined) this.#everywhere.set(tool.runner, registered);
    return () => {
      this.#everywhere.delete(tool.runner);
      for (const workspace of this.#parts.workspaces.values()) {
        if (workspace.find(options.id)?.runner !== tool.runner) continue;
        workspace.remove(options.id);
        this.#changed(workspace.id);
      }
    };
  }

  on<Name extends keyof HostEvents>(name: Name, listener: (...payload: HostEvents[Name]) => void): () => void {
    const { events } = this.#parts;
    const handler = listener as EventEmitter.EventListener<HostEvents, Name>;
    events.on(name, handler);
    return () => events.off(name, handler);
  }

  metrics(): Readonly<Record<string, number>> {
    return this.#parts.metrics();
  }

  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.timeoutMs ?? DEFAULT_CLOSE_TIMEOUT_MS);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<void> {
    const { phase, running, dispose } = this.#parts;
    phase.current = 'draining';
    await this.#untilIdle(timeoutMs);
    for (const call of [...running])
      call.end(new CapstanError('CAPSTAN_DRAINING', 'the host stopped before the call was over'));
    await dispose();
    phase.current = 'stopped';
  }

  #untilIdle(timeoutMs: number): Promise<void> {
    const { running } = this.#parts;
    const pollMs = 10;
    return new Promise((resolve) => {
      const startedAt = performance.now();
      const check = (): void => {
        if (running.size === 0 || performance.now() - startedAt >= timeoutMs) resolve();
        else setTimeout(check, pollMs);
      };
      check();
    });
  }

  #mayList({ definition: tool, drift }: ToolEntry, principal: Principal, workspaceId: string): boolean {
    if (drift?.isBlocked === true && !seesBlocked(principal)) return false;
    return decide(this.#parts.policy, { principal, tool, workspaceId, arguments: undefined }).allow;
  }

  #changed(workspace: string): void {
    this.#parts.events.emit('catalog:changed', { workspace, revision: this.catalogRevision(workspace) });
  }

  #workspace(id: string = DEFAULT_WORKSPACE): Workspace {
    const workspace = this.#parts.workspaces.get(id);
    if (workspace) return workspace;
    throw new CapstanError('CAPSTAN_WORKSPACE_NOT_FOUND', `no workspace ${JSON.stringify(id.slice(0, 128))}`);
  }
}
