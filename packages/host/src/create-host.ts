import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { createHttpClient, type HttpClient } from '@capstan/http';
import { createRemoteToolAdapter } from '@capstan/remote';
import type { Clock, Logger } from '@capstan/sdk';
import { EventEmitter } from 'eventemitter3';
import { packHttpOver } from './backends/pack-http.ts';
import { circuitsOnTheWire, openCircuits } from './circuit-views.ts';
import { createRootScope } from './container.ts';
import { Enablement, memoryEnablement } from './enablement.ts';
import type { Host, HostEvents } from './host.ts';
import type { AuditSink, HostOptions } from './host-options.ts';
import { loadHostSettings } from './load-host-settings.ts';
import { findPacks } from './packs/find-packs.ts';
import { loadPacks } from './packs/load-packs.ts';
import type { Pack } from './packs/pack.ts';
import { auditStage } from './pipeline/audit.ts';
import { allowEnabledTools, authorizeStage } from './pipeline/authorize.ts';
import { composePipeline } from './pipeline/compose.ts';
import { executeStage, type RunningCalls } from './pipeline/execute.ts';
import type { Next } from './pipeline/invocation.ts';
import { rateLimitStage } from './pipeline/rate-limit.ts';
import { resolveStage } from './pipeline/resolve.ts';
import { traceStage } from './pipeline/trace.ts';
import { validateOutputStage, validateStage } from './pipeline/validate.ts';
import { type HostParts, RunningHost } from './running-host.ts';
import type { HostSettings } from './settings/host-settings.ts';
import { CAPSTAN_VERSION } from './version.ts';
import { Workspace } from './workspace/workspace.ts';
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
  const adapter = createRemoteToolAdapter({
    http,
    clock,
    random: options.random ?? Math.random,
    onCircuit: ({ endpoint, from, to }) => events.emit('circuit:state', { endpoint, from, to }),
  });
  const packs = discover(resolved);
  const workspaces = makeWorkspaces(settings);
  const counts = newCounts();
  const running: RunningCalls = new Set();
  const pipeline = makePipeline({ resolved, workspaces, events, phase, counts, running });
  const workspacePacks = new WorkspacePacks({
    packs,
    workspaces,
    settings,
    enablement: makeEnablement(resolved, packs),
    variables: resolved.environment,
    readFile: (path) => readFileSync(path, 'utf8'),
    scope: createRootScope({ clock, ...options.services }),
    adapter,
    packHttp: packHttpOver(http),
    logger,
    invoke: (request) => host.invoke(request),
    openCircuits: () => openCircuits(adapter.circuits()),
    phase: () => phase.current,
    onState: (event) => events.emit('pack:state', event),
  });
  const host: Host = new RunningHost({
    workspaces,
    packs: workspacePacks,
    pipeline,
    running,
    events,
    clock,
    defaults: settings.defaults,
    phase,
    circuits: () => circuitsOnTheWire(adapter.circuits()),
    metrics: () => metricsOf(counts, http),
    dispose: async () => {
      await adapter.close();
      await http.close();
      await resolved.audit.close();
    },
  });
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

function outwardClient({ settings, cwd, options }: ResolvedOptions): HttpClient {
  return createHttpClient({
    egress: { allowPrivate: settings.egress.allowPrivate },
    certificates: settings.egress.certificates.map((path) => readFileSync(resolve(cwd, path), 'utf8')),
    ...(options.onOutgoingRequest === undefined ? {} : { onRequest: options.onOutgoingRequest }),
  });
}

function discover({ settings, cwd, options }: ResolvedOptions): ReadonlyMap<string, Pack> {
  return loadPacks(findPacks({ cwd, settings, globs: options.packs ?? [] }), settings, CAPSTAN_VERSION);
}

/** Without settings the application itself is the operator: the packs that it names are enabled everywhere. */
function makeEnablement({ settings, options }: ResolvedOptions, packs: ReadonlyMap<string, Pack>): Enablement {
  const application = options.config === undefined ? packs.keys() : [];
  return new Enablement(settings, options.enablement ?? memoryEnablement(), new Set(application));
}

function makeWorkspaces(settings: HostSettings): ReadonlyMap<string, Workspace> {
  return new Map([...settings.workspaces.keys()].map((id) => [id, new Workspace(id)]));
}

function newCounts() {
  return {
    invocations: { started: 0, succeeded: 0, failed: 0, denied: 0, pending: 0 },
    audit: { records: 0 },
    limiter: { checked: 0, refused: 0 },
  };
}

function metricsOf(counts: ReturnType<typeof newCounts>, http: HttpClient): Readonly<Record<string, number>> {
  return {
    invocations_started: counts.invocations.started,
    invocations_succeeded: counts.invocations.succeeded,
    invocations_failed: counts.invocations.failed,
    invocations_denied: counts.invocations.denied,
    invocations_pending: counts.invocations.pending,
    audit_records: counts.audit.records,
    rate_limit_checks: counts.limiter.checked,
    rate_limit_refusals: counts.limiter.refused,
    outward_sockets: http.openSockets(),
  };
}

function makePipeline(parts: {
  readonly resolved: ResolvedOptions;
  readonly workspaces: ReadonlyMap<string, Workspace>;
  readonly events: EventEmitter<HostEvents>;
  readonly phase: HostParts['phase'];
  readonly counts: ReturnType<typeof newCounts>;
  readonly running: RunningCalls;
}): Next {
  const { resolved, workspaces, events, phase, counts, running } = parts;
  const { clock, logger, settings } = resolved;
  return composePipeline([
    traceStage({ clock, events, counts: counts.invocations }),
    auditStage({ sink: resolved.audit, clock, logger, counts: counts.audit }),
    resolveStage(
      (workspaceId, name) => workspaces.get(workspaceId)?.find(name),
      () => phase.current !== 'running',
    ),
    authorizeStage(resolved.options.policy ?? allowEnabledTools),
    rateLimitStage({
      counts: counts.limiter,
      workspaceLimit: (id) => settings.workspaces.get(id)?.limits.rateLimit,
    }),
    validateStage,
    validateOutputStage,
    executeStage({ clock, logger, running }),
    ...(resolved.options.stages ?? []),
  ]);
}

const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

const noAudit: AuditSink = { append() {}, flush: () => Promise.resolve(), close: () => Promise.resolve() };
