import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  type Authenticator,
  type CircuitEvent,
  createAuthenticator,
  createEndpointProbe,
  createHttpClient,
  type Endpoint,
  Endpoints,
  type HttpClient,
  type HttpClientOptions,
} from '@capstan/http';
import { createResultCache, type ResultCache } from '@capstan/limits';
import { createRemoteToolAdapter, type HostRemoteToolAdapter } from '@capstan/remote';
import type { Clock, Logger, ToolConnection } from '@capstan/sdk';
import { type ApprovalStore, createMemoryStore } from '@capstan/store';
import { createMemoryEngine } from '@capstan/workflow';
import { EventEmitter } from 'eventemitter3';
import { Administration } from './administration/administration.ts';
import { ChangeLane } from './administration/change-lane.ts';
import { approvalDesk } from './approvals/approval-desk.ts';
import { approveStage } from './approvals/approve-stage.ts';
import type { AuditSink } from './audit/audit-record.ts';
import { declaredCallsOver } from './backends/declared-calls.ts';
import { packHttpOver } from './backends/pack-http/pack-http.ts';
import { toolCacheOver } from './backends/tool-cache.ts';
import { circuitsOnTheWire, openCircuits } from './circuit-views.ts';
import { ConnectionDesk } from './connection-test/connection-desk.ts';
import { createRootScope } from './container.ts';
import { memoryPins } from './contracts/contract-pins.ts';
import { ToolContracts } from './contracts/tool-contracts.ts';
import type { Host, HostEvents } from './host.ts';
import type { HostOptions } from './host-options.ts';
import { loadHostSettings } from './load-host-settings.ts';
import { AddedServers } from './mcp/added-servers.ts';
import { openMcp } from './mcp/open-mcp.ts';
import { findPacks } from './packs/find-packs.ts';
import { loadPacks } from './packs/load-packs.ts';
import type { Pack } from './packs/pack.ts';
import { auditStage } from './pipeline/audit.ts';
import { allowEnabledTools, authorizeStage } from './pipeline/authorize.ts';
import { breakerStage } from './pipeline/breaker.ts';
import { cacheStage } from './pipeline/cache.ts';
import { composePipeline } from './pipeline/compose.ts';
import { executeStage, type RunningCalls } from './pipeline/execute.ts';
import { fallbackStage } from './pipeline/fallback.ts';
import type { Interceptor, Next } from './pipeline/invocation.ts';
import { limitFinder } from './pipeline/limit-rules.ts';
import { rateLimitStage } from './pipeline/rate-limit.ts';
import { resolveStage, type ToolLookup } from './pipeline/resolve.ts';
import { storeResultStage } from './pipeline/store-result.ts';
import { traceStage } from './pipeline/trace.ts';
import { validateOutputStage, validateStage } from './pipeline/validate.ts';
import { memoryResultStore, type ResultStore } from './results/result-store.ts';
import { type HostParts, RunningHost } from './running-host.ts';
import type { HostSettings } from './settings/host-settings.ts';
import { DeclaredState } from './state/declared-state.ts';
import { enablementKeeper } from './state/enablement-keeper.ts';
import { memoryKeeper } from './state/memory-keeper.ts';
import { Reconciler } from './state/reconciler.ts';
import type { ExposedNames, RuntimeKeeper } from './state/runtime-keeper.ts';
import { CAPSTAN_VERSION } from './version.ts';
import { callToolOver } from './workflows/call-tool.ts';
import { runsOver } from './workflows/runs-over.ts';
import { keepSchedules } from './workflows/schedules.ts';
import { ConnectionConditions } from './workspace/connection-conditions.ts';
import { NameRecords } from './workspace/name-records.ts';
import { type DriftJudge, Workspace } from './workspace/workspace.ts';
import { WorkspacePacks } from './workspace/workspace-packs.ts';

/** The options with every default filled in. */
interface ResolvedOptions {
  readonly options: HostOptions;
  readonly settings: HostSettings;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly audit: AuditSink;
}

/**
 * Starts a host: loads packs, makes the workspaces and the pipeline. Nothing is connected and no code of a pack is
 * loaded before the first call. Close it: it holds sockets.
 * @throws CapstanError CAPSTAN_CONFIG_INVALID when the settings cannot be used; a broken pack never stops the host.
 */
export async function createHost(options: HostOptions = {}): Promise<Host> {
  const resolved = resolveOptions(options);
  const { settings, clock, logger } = resolved;
  const events = new EventEmitter<HostEvents>();
  const phase: HostParts['phase'] = { current: 'running' };
  const http = outwardClient(resolved);
  const endpoints: Endpoints = new Endpoints(clock, (event, pack) =>
    events.emit('circuit:state', circuitPayload(event, endpoints.of(event.endpoint, pack))),
  );
  const authenticator = createAuthenticator({
    http,
    clock,
    ...(options.tokens === undefined ? {} : { tokens: options.tokens }),
    onState: (event) => connections.onAccount(event),
  });
  const adapter = createRemoteToolAdapter({
    http,
    clock,
    random: options.random ?? Math.random,
    endpoints,
    logger,
    authenticator,
  });
  const results = options.results === undefined || options.results === 'inline' ? memoryResultStore() : options.results;
  const packHttp = packHttpOver({ http, authenticator, endpoints, clock, random: options.random ?? Math.random });
  const packs = new Map(discover(resolved, settings));
  const keeper = keeperOf(options);
  const kept = await keeper.load();
  const declared = new DeclaredState({ settings, state: kept.state, application: applicationPacks(options, packs) });
  const contracts = await openContracts(resolved, declared);
  const judge: DriftJudge = (workspaceId, tools) => contracts.judge(workspaceId, tools);
  const workspaces = makeWorkspaces(declared, kept.names, judge);
  const approvalStore = options.approvals ?? createMemoryStore().approvals;
  const counts = newCounts();
  const running: RunningCalls = new Set();
  const cache = createResultCache({
    maxEntries: settings.cache.maxEntries,
    maxBytes: settings.cache.maxBytes,
    ...(options.cacheLevel === undefined ? {} : { second: options.cacheLevel }),
  });
  const engine = options.workflows ?? createMemoryEngine();
  const lookup: ToolLookup = (workspaceId, name) => workspaces.get(workspaceId)?.find(name);
  const pipeline = makePipeline({
    resolved,
    declared,
    workspaces,
    events,
    phase,
    counts,
    running,
    endpoints,
    results,
    cache,
    approvals: approvalStore,
    invoke: (request) => host.invoke(request),
    onAnswered: (workspaceId, connectionId) => connections.onAnswered(workspaceId, connectionId),
  });
  const mcp = openMcp({
    http,
    authenticator,
    clock,
    random: options.random ?? Math.random,
    logger,
    defaults: settings.defaults,
    environment: resolved.environment,
    events,
    onServer: (source) => {
      if (!added.isOwn(source)) workspacePacks.announce(source.workspaceId, source.namespace);
    },
  });
  const workspacePacks: WorkspacePacks = new WorkspacePacks({
    packs,
    workspaces,
    declared,
    cacheTtlMs: settings.cache.ttlMs,
    defaults: settings.defaults,
    mcp: mcp.sources,
    packServers: mcp.packServers,
    variables: resolved.environment,
    readFile: (path) => readFileSync(path, 'utf8'),
    scope: createRootScope({ clock, cache: toolCacheOver(clock), ...options.services }),
    adapter,
    declaredCalls: declaredCallsOver((pack) => ({
      http,
      authenticator,
      clock,
      random: options.random ?? Math.random,
      breakerOf: (endpoint) => endpoints.of(endpoint, pack).breaker,
      retriesOf: (endpoint) => endpoints.of(endpoint, pack).retries,
    })),
    workflows: engine,
    packHttp,
    logger,
    invoke: (request) => host.invoke(request),
    openCircuits: () => openCircuits(endpoints.views()),
    phase: () => phase.current,
    onState: (event) => events.emit('pack:state', event),
    onReleased: (connection, isGone) => release({ adapter, authenticator, connections, logger }, connection, isGone),
  });
  const connections: ConnectionDesk = new ConnectionDesk({
    http,
    authenticator,
    probe: createEndpointProbe({ clock, ...outwardRules(resolved) }),
    clock,
    logger,
    conditions: new ConnectionConditions(),
    places: (workspaceId) => workspacePacks.places(workspaceId),
    written: (workspaceId) => declared.writtenConnections(workspaceId),
    invoke: (request) => host.invoke(request),
    onState: (event) => events.emit('connection:state', event),
  });
  const added: AddedServers = new AddedServers({
    sources: mcp.sources,
    declared,
    workspaces,
    variables: resolved.environment,
    readFile: (path) => readFileSync(path, 'utf8'),
    baseEnvironment: mcp.packServers.baseEnvironment,
    logger,
    isTaken: (namespace) => packs.has(namespace),
  });
  const names = new NameRecords({ workspaces, keeper, events, logger, recorded: kept.names });
  const reconciler = new Reconciler({
    declared,
    workspaces,
    packs,
    workspacePacks,
    addedServers: added,
    names,
    events,
    judge,
    discover: (other) => discover(resolved, other),
    onAdded: (workspace) => host.takeIn(workspace),
    onRemoved: (workspaceId) => connections.forgetWorkspace(workspaceId),
  });
  const lane = new ChangeLane({ declared, reconciler, keeper, clock, logger, audit: (act) => host.audit(act) });
  const host: RunningHost = new RunningHost({
    administration: new Administration({
      declared,
      workspaces,
      packs,
      workspacePacks,
      addedServers: added,
      connections,
      lane,
    }),
    workspaces,
    mcp: mcp.sources,
    addedServers: added,
    packs: workspacePacks,
    connections,
    pipeline,
    policy: options.policy ?? allowEnabledTools,
    running,
    events,
    clock,
    defaults: settings.defaults,
    phase,
    circuits: () => circuitsOnTheWire(endpoints.views()),
    results,
    approvals: approvalDesk({
      store: approvalStore,
      clock,
      audit: (act) => host.audit(act),
      onDecided: (approval) => events.emit('approval:decided', { workspace: approval.workspace, approval }),
    }),
    contracts,
    runs: runsOver({ engine, lookup, invoke: (request) => host.invoke(request) }),
    audit: resolved.audit,
    cache,
    metrics: () => metricsOf(counts, http, cache),
    dispose: async () => {
      await engine.close();
      await lane.close();
      await mcp.sources.close();
      packHttp.close();
      await cache.close();
      await adapter.close();
      await http.close();
      await resolved.audit.close();
    },
  });
  await connections.lookAtAccounts([...workspaces.keys()]);
  await engine.open(callToolOver({ engine, lookup, invoke: (request) => host.invoke(request) }));
  const tellSchedules = keepSchedules(engine, () => workspaces.values(), logger);
  events.on('catalog:changed', () => void tellSchedules());
  await tellSchedules();
  return host;
}

function resolveOptions(options: HostOptions): ResolvedOptions {
  const logger = options.logger ?? silentLogger;
  const settings = loadHostSettings(options.config, logger);
  return {
    options,
    settings,
    cwd: resolve(options.cwd ?? (typeof options.config === 'string' ? dirname(options.config) : '.')),
    // The one place outside apps/ that reads it: `createHost` is the front door of applications that embed a host.
    environment: options.environment ?? process.env,
    clock: options.clock ?? { now: () => Date.now() },
    logger,
    audit: options.audit ?? noAudit,
  };
}

/** What every socket of the host obeys. */
function outwardRules({ settings, cwd }: ResolvedOptions): Pick<HttpClientOptions, 'egress'> & {
  readonly certificates: readonly string[];
} {
  return {
    egress: { allowPrivate: settings.egress.allowPrivate },
    certificates: settings.egress.certificates.map((path) => readFileSync(resolve(cwd, path), 'utf8')),
  };
}

function outwardClient(resolved: ResolvedOptions): HttpClient {
  const { options } = resolved;
  return createHttpClient({
    ...outwardRules(resolved),
    ...(options.outgoingTracing === undefined ? {} : { tracing: options.outgoingTracing }),
    ...(options.onOutgoingRequest === undefined ? {} : { onRequest: options.onOutgoingRequest }),
  });
}

function discover({ cwd, options }: ResolvedOptions, settings: HostSettings): ReadonlyMap<string, Pack> {
  return loadPacks(findPacks({ cwd, settings, globs: options.packs ?? [] }), settings, CAPSTAN_VERSION);
}

/** Without settings the application itself is the operator: the packs that it names are enabled everywhere. */
function applicationPacks({ config }: HostOptions, packs: ReadonlyMap<string, Pack>): ReadonlySet<string> {
  return new Set(config === undefined ? packs.keys() : []);
}

function keeperOf({ keeper, enablement }: HostOptions): RuntimeKeeper {
  return keeper ?? (enablement === undefined ? memoryKeeper() : enablementKeeper(enablement));
}

function makeWorkspaces(
  declared: DeclaredState,
  kept: ReadonlyMap<string, ExposedNames>,
  judge: DriftJudge,
): Map<string, Workspace> {
  return new Map(
    declared.workspaceIds().map((id) => {
      const names = kept.get(id);
      return [id, new Workspace(id, { judge, ...(names === undefined ? {} : { names }) })];
    }),
  );
}

async function openContracts(
  { options, clock, logger }: ResolvedOptions,
  declared: DeclaredState,
): Promise<ToolContracts> {
  const pins = options.pins ?? memoryPins();
  return new ToolContracts({
    pins,
    kept: await pins.load(),
    modeOf: (id) => declared.settings.workspaces.get(id)?.drift ?? declared.settings.drift,
    clock,
    logger,
  });
}

/** A connection that no call begins to use any more. */
function release(
  parts: {
    readonly adapter: HostRemoteToolAdapter;
    readonly authenticator: Authenticator;
    readonly connections: ConnectionDesk;
    readonly logger: Logger;
  },
  connection: ToolConnection,
  isGone: boolean,
): void {
  parts.adapter.release(connection);
  parts.connections.forget(connection);
  if (!isGone) return;
  parts.authenticator.forget(connection).catch((cause: unknown) => {
    parts.logger.warn('the grant of a connection that is gone could not be removed', {
      connection: connection.id,
      cause,
    });
  });
}

function circuitPayload({ endpoint, from, to, reason }: CircuitEvent, { pack, breaker }: Endpoint): CircuitPayload {
  const { calls, failures, rejected } = breaker.counters;
  return {
    endpoint,
    ...(pack === '' ? {} : { pack }),
    from,
    to,
    ...(reason === undefined ? {} : { reason }),
    counters: { calls, failures, rejected },
  };
}

function inlineLimit({ options, settings }: ResolvedOptions): number {
  return options.results === 'inline' ? Number.POSITIVE_INFINITY : settings.results.maxInlineBytes;
}

type CircuitPayload = HostEvents['circuit:state'][0];

function newCounts() {
  return {
    invocations: { started: 0, succeeded: 0, failed: 0, denied: 0, pending: 0 },
    audit: { records: 0 },
    limiter: { checked: 0, refused: 0 },
  };
}

function metricsOf(
  counts: ReturnType<typeof newCounts>,
  http: HttpClient,
  cache: ResultCache,
): Readonly<Record<string, number>> {
  const used = cache.totals();
  return {
    invocations_started: counts.invocations.started,
    invocations_succeeded: counts.invocations.succeeded,
    invocations_failed: counts.invocations.failed,
    invocations_denied: counts.invocations.denied,
    invocations_pending: counts.invocations.pending,
    audit_records: counts.audit.records,
    rate_limit_checks: counts.limiter.checked,
    rate_limit_refusals: counts.limiter.refused,
    cache_entries: cache.size,
    cache_bytes: cache.bytes,
    cache_hits: used.hits + used.stale + used.shared,
    cache_misses: used.misses,
    cache_evictions: used.evictions,
    outward_sockets: http.openSockets(),
  };
}

function makePipeline(parts: {
  readonly resolved: ResolvedOptions;
  readonly declared: DeclaredState;
  readonly workspaces: ReadonlyMap<string, Workspace>;
  readonly events: EventEmitter<HostEvents>;
  readonly phase: HostParts['phase'];
  readonly counts: ReturnType<typeof newCounts>;
  readonly running: RunningCalls;
  readonly endpoints: Endpoints;
  readonly results: ResultStore;
  readonly cache: ResultCache;
  readonly approvals: ApprovalStore;
  readonly invoke: Host['invoke'];
  readonly onAnswered: (workspaceId: string, connectionId: string) => void;
}): Next {
  const { resolved, workspaces, events, phase, counts, running } = parts;
  const { clock, logger } = resolved;
  const lookup: ToolLookup = (workspaceId, name) => workspaces.get(workspaceId)?.find(name);
  return composePipeline([
    traceStage({ clock, events, counts: counts.invocations, observer: resolved.options.observer }),
    auditStage({ sink: resolved.audit, clock, logger, counts: counts.audit }),
    resolveStage(lookup, () => phase.current !== 'running'),
    authorizeStage(resolved.options.policy ?? allowEnabledTools),
    rateLimitStage({
      counts: counts.limiter,
      limitsOf: limitFinder(parts.declared),
      shared: resolved.options.limiters,
      onFailure: resolved.settings.limits.onRedisFailure,
      logger,
    }),
    validateStage,
    ...own(
      resolved.options.stages,
      approveStage({
        store: parts.approvals,
        levelOf: (id) =>
          parts.declared.settings.workspaces.get(id)?.approvalLevel ?? parts.declared.settings.approvals.level,
        expiresMs: () => parts.declared.settings.approvals.expiresMs,
        clock,
        onRequested: (approval) => events.emit('approval:requested', { workspace: approval.workspace, approval }),
      }),
    ),
    storeResultStage({ store: parts.results, clock, logger, maxInlineBytes: inlineLimit(resolved) }),
    ...own(resolved.options.stages, cacheStage({ cache: parts.cache, clock, logger, invoke: parts.invoke })),
    fallbackStage({ clock, logger, lookup, invoke: parts.invoke }),
    validateOutputStage,
    breakerStage(parts.endpoints),
    executeStage({
      clock,
      logger,
      running,
      isDraining: () => phase.current !== 'running',
      onAnswered: parts.onAnswered,
    }),
    ...(resolved.options.stages ?? []),
  ]);
}

/** A stage of the host's own, unless the application brings one. */
function own(stages: readonly Interceptor[] = [], stage: Interceptor): readonly Interceptor[] {
  return stages.some((other) => other.stage === stage.stage) ? [] : [stage];
}

const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

const noAudit: AuditSink = { append: () => undefined, flush: () => Promise.resolve(), close: () => Promise.resolve() };
