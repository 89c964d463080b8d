import { randomBytes } from 'node:crypto';
import type { ConfigResolution } from '@capstan/config';
import type { Diagnostic } from '@capstan/schema';
import { CapstanError, type Logger, type ToolConnection } from '@capstan/sdk';
import type { WorkflowEngine } from '@capstan/workflow';
import type { DeclaredCallFactory } from '../backends/declared-calls.ts';
import type { PackHttpFactory } from '../backends/pack-http/pack-http.ts';
import type { BatchingAdapter } from '../batching/batch-gathering.ts';
import type { ConnectionPlace } from '../connection-test/connection-desk.ts';
import type { ServiceScope } from '../container.ts';
import type { Host, PackState, PackView } from '../host.ts';
import type { McpSources } from '../mcp/mcp-sources.ts';
import { declaredServers, type PackServersOptions, packServers } from '../mcp/pack-servers.ts';
import type { Pack } from '../packs/pack.ts';
import type { CallDefaults, ConnectionSettings } from '../settings/host-settings.ts';
import type { DeclaredState } from '../state/declared-state.ts';
import { fingerprintOf } from '../state/fingerprint.ts';
import { toolCallerOver } from '../tool-caller.ts';
import { environmentNames, type PackFacts, packView } from '../views.ts';
import { type Binding, type BindingSources, bindConnection } from './connections.ts';
import { connectionTypeOf, enablePack } from './enable-pack.ts';
import { operatorFindings, unusedConnections } from './operator-findings.ts';
import { PackInWorkspace } from './pack-in-workspace.ts';
import type { Workspace } from './workspace.ts';

/** What enabling packs needs of the host. */
export interface WorkspacePacksOptions {
  readonly packs: ReadonlyMap<string, Pack>;
  readonly workspaces: ReadonlyMap<string, Workspace>;
  readonly declared: DeclaredState;
  readonly defaults: CallDefaults;
  /** How long results are fresh where a tool does not say. */
  readonly cacheTtlMs: number;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
  /** The root of the container. */
  readonly scope: ServiceScope;
  readonly adapter: BatchingAdapter;
  readonly packHttp: PackHttpFactory;
  readonly declaredCalls: DeclaredCallFactory;
  readonly workflows: WorkflowEngine;
  readonly mcp: McpSources;
  readonly packServers: PackServersOptions;
  readonly logger: Logger;
  readonly invoke: Host['invoke'];
  readonly openCircuits: () => PackFacts['openCircuits'];
  readonly phase: () => PackFacts['phase'];
  readonly onState: (event: { readonly pack: string; readonly workspace: string; readonly state: PackState }) => void;
  /** Calls that begin now do not use the connection any more. `isGone`: and nobody declares it. */
  readonly onReleased: (connection: ToolConnection, isGone: boolean) => void;
}

/** A pack as it was started in a workspace. */
interface StartedPack {
  readonly pack: Pack;
  readonly fingerprint: string;
  readonly instance: PackInWorkspace;
}

/** Packs in workspaces: enables, disables, and says how each is doing. */
export class WorkspacePacks {
  readonly #options: WorkspacePacksOptions;
  readonly #failures = new Map<string, CapstanError>();
  readonly #maskKey = randomBytes(32);
  readonly #workspaceScopes = new Map<string, ServiceScope>();
  /** By workspace and pack code. */
  readonly #started = new Map<string, Map<string, StartedPack>>();

  constructor(options: WorkspacePacksOptions) {
    this.#options = options;
    for (const workspace of options.workspaces.values()) this.#reconcile(workspace);
  }

  /**
   * Starts, stops and renews the packs of a workspace until they are as declared; what did not change is not touched.
   * Calls under way end with what they began with.
   * @param anew The code of a pack that is renewed in any case.
   * @returns the codes of the packs that were touched
   */
  reconcile(workspaceId: string, anew?: string): readonly string[] {
    const touched = this.#reconcile(this.#workspace(workspaceId), anew);
    for (const code of touched) this.announce(workspaceId, code);
    return touched;
  }

  #reconcile(workspace: Workspace, anew?: string): readonly string[] {
    const { packs, declared } = this.#options;
    const started = this.#startedIn(workspace.id);
    const touched: string[] = [];
    for (const code of [...started.keys()]) {
      if (!packs.has(code)) touched.push(this.#stop(workspace, code));
    }
    for (const pack of packs.values()) {
      const isWanted = pack.body.kind === 'loaded' && declared.owner(workspace.id, pack) !== undefined;
      const fingerprint = isWanted ? fingerprintOf(declared, workspace.id, pack) : undefined;
      if (pack.code !== anew && started.get(pack.code)?.fingerprint === fingerprint) continue;
      if (started.has(pack.code)) this.#stop(workspace, pack.code);
      if (fingerprint !== undefined) this.#start(workspace, pack, fingerprint);
      touched.push(pack.code);
    }
    return touched;
  }

  /** Stops everything of a workspace that is going away. */
  removeWorkspace(workspace: Workspace): void {
    for (const code of [...this.#startedIn(workspace.id).keys()]) this.#stop(workspace, code);
    this.#started.delete(workspace.id);
    this.#workspaceScopes.delete(workspace.id);
  }

  /** The packs as a workspace sees them, by code. */
  views(workspaceId: string): readonly PackView[] {
    const workspace = this.#workspace(workspaceId);
    const views = [...this.#options.packs.values()].map((pack) => this.#view(workspace, pack));
    return views.sort((a, b) => (a.code < b.code ? -1 : 1));
  }

  /** One pack as a workspace sees it. @throws CapstanError CAPSTAN_PACK_NOT_FOUND */
  view(code: string, workspaceId: string): PackView {
    const { workspace, pack } = this.#locate(code, workspaceId);
    return this.#view(workspace, pack);
  }

  /** @throws CapstanError CAPSTAN_PACK_NOT_FOUND, the reason why the pack was rejected, or CAPSTAN_INVALID_REQUEST for names that it does not ask for */
  checkEnabling(code: string, workspaceId: string, environment: readonly string[]): Pack {
    const { pack } = this.#locate(code, workspaceId);
    if (pack.body.kind === 'rejected') throw pack.body.error;
    refuseUnknownNames(pack, environment);
    return pack;
  }

  /** @throws CapstanError CAPSTAN_PACK_NOT_FOUND, CAPSTAN_CONNECTION_NOT_FOUND or CAPSTAN_CONNECTION_AMBIGUOUS */
  explain(code: string, workspaceId: string, connection: string | undefined): ConfigResolution {
    const { pack } = this.#locate(code, workspaceId);
    if (pack.body.kind === 'rejected') throw pack.body.error;
    // Made for this question: what is written may stand at other places by now.
    const instance = this.#instance(workspaceId, pack, () => {});
    const bindings = instance.allBindings(toolTypes(pack));
    const binding =
      connection === undefined
        ? bindings[0]
        : bindings.find(({ id, name }) => id === connection || name === connection);
    if (binding) return binding.resolution;
    if (connection === undefined) return instance.binding(pack.code, undefined).resolution;
    throw new CapstanError(
      'CAPSTAN_CONNECTION_NOT_FOUND',
      `the pack ${code} has no connection ${JSON.stringify(connection.slice(0, 128))} in ${workspaceId}`,
      {
        details: { candidates: bindings.map(({ id, name }) => ({ id, name })) },
      },
    );
  }

  /** What would become of a connection that nobody declared yet, whatever the system layer says in its place. */
  tryConnection(workspaceId: string, pack: Pack, settings: ConnectionSettings): Binding {
    const { sources } = this.#instance(workspaceId, pack, () => {});
    return bindConnection({ ...sources, system: [] }, settings.toolType, settings);
  }

  /** The connections of a workspace, each with the pack that calls over it. */
  places(workspaceId: string): readonly ConnectionPlace[] {
    const workspace = this.#workspace(workspaceId);
    return [...this.#options.packs.values()].flatMap((pack) => {
      const enabled = workspace.pack(pack.code);
      if (enabled === undefined) return [];
      return this.#bindings(workspace, pack).map((binding) => ({ binding, pack: enabled }));
    });
  }

  #start(workspace: Workspace, pack: Pack, fingerprint: string): void {
    if (pack.body.kind === 'rejected') return;
    this.#failures.delete(failureKey(workspace, pack.code));
    const { options, scope } = { options: this.#options, scope: this.#scopeOf(workspace.id) };
    const logger = childLogger(options.logger, { pack: pack.code, workspace: workspace.id });
    const instance = this.#instance(workspace.id, pack, (message) => logger.warn(message));
    const servers = packServers(instance, workspace, options.packServers).map((server) => options.mcp.add(server));
    const enabled = enablePack({
      instance,
      works: pack.body.works,
      mcpServer: (name) => servers.find((server) => server.name === name),
      scope: scope.scope({ logger }),
      adapter: options.adapter,
      packHttp: options.packHttp,
      declaredCalls: options.declaredCalls,
      workflows: options.workflows,
      defaults: options.defaults,
      cacheTtlMs: options.cacheTtlMs,
      onFailure: (error) => this.#fail(workspace, pack, error),
      onStarted: () => this.#failures.delete(failureKey(workspace, pack.code)),
    });
    workspace.enable(pack.code, enabled);
    this.#startedIn(workspace.id).set(pack.code, { pack, fingerprint, instance });
  }

  #stop(workspace: Workspace, code: string): string {
    const started = this.#startedIn(workspace.id);
    const before = started.get(code);
    started.delete(code);
    workspace.disable(code);
    this.#options.mcp.remove(workspace.id, code);
    this.#failures.delete(failureKey(workspace, code));
    if (before !== undefined) this.#release(workspace.id, before);
    return code;
  }

  #release(workspaceId: string, { instance, pack }: StartedPack): void {
    const { declared, onReleased } = this.#options;
    const stillThere = new Set(declared.connectionsIn(workspaceId).map(({ id }) => id));
    const isSome = instance.declared.some(({ id }) => !stillThere.has(id));
    // Of one that nobody declares any more a grant may be kept, used or not.
    const bindings = isSome ? instance.allBindings(toolTypes(pack)) : instance.resolvedBindings();
    for (const { connection, derived } of bindings) {
      onReleased(connection, !derived && !stillThere.has(connection.id));
    }
  }

  #startedIn(workspaceId: string): Map<string, StartedPack> {
    const known = this.#started.get(workspaceId);
    if (known) return known;
    const fresh = new Map<string, StartedPack>();
    this.#started.set(workspaceId, fresh);
    return fresh;
  }

  #scopeOf(workspaceId: string): ServiceScope {
    const known = this.#workspaceScopes.get(workspaceId);
    if (known) return known;
    const scope = this.#options.scope.scope({ tools: toolCallerOver(this.#options.invoke, workspaceId) });
    this.#workspaceScopes.set(workspaceId, scope);
    return scope;
  }

  #instance(workspaceId: string, pack: Pack, onWarning: BindingSources['onWarning']): PackInWorkspace {
    if (pack.body.kind === 'rejected') throw pack.body.error;
    const { declared } = this.#options;
    const sources: BindingSources = {
      pack,
      manifest: pack.body.manifest,
      workspaceId,
      variables: this.#options.variables,
      system: declared.systemLayers(workspaceId, pack),
      allowed: declared.environment(workspaceId, pack),
      readFile: this.#options.readFile,
      maskKey: this.#maskKey,
      onWarning,
    };
    const own = declared.connections(workspaceId, pack);
    for (const { message, hint } of unusedConnections(own, toolTypes(pack))) onWarning(`${message}. ${hint}`);
    return new PackInWorkspace(sources, own);
  }

  #view(workspace: Workspace, pack: Pack): PackView {
    return packView({
      pack,
      enabled: this.#options.declared.owner(workspace.id, pack) !== undefined,
      bindings: this.#bindings(workspace, pack),
      failure: this.#failures.get(failureKey(workspace, pack.code)),
      openCircuits: this.#options.openCircuits(),
      phase: this.#options.phase(),
      servers: this.#options.mcp.list(workspace.id, pack.code),
      allowed: this.#options.declared.environment(workspace.id, pack),
      findings: this.#findings(workspace, pack),
    });
  }

  #findings(workspace: Workspace, pack: Pack): readonly Diagnostic[] {
    const instance = workspace.pack(pack.code)?.instance;
    if (instance === undefined) return [];
    const bindings = this.#bindings(workspace, pack);
    return operatorFindings({ pack, bindings, declared: instance.declared, toolTypes: toolTypes(pack) });
  }

  #bindings(workspace: Workspace, pack: Pack): readonly Binding[] {
    return workspace.pack(pack.code)?.instance.allBindings(toolTypes(pack)) ?? [];
  }

  #fail(workspace: Workspace, pack: Pack, error: CapstanError): void {
    this.#failures.set(failureKey(workspace, pack.code), error);
    this.#options.logger.error('the code of a pack does not start', {
      pack: pack.code,
      workspace: workspace.id,
      cause: error,
    });
    this.#announce(workspace, pack);
  }

  /** The state of a pack may have changed: that of one of its MCP servers did. */
  announce(workspaceId: string, code: string): void {
    const workspace = this.#options.workspaces.get(workspaceId);
    const pack = this.#options.packs.get(code);
    if (workspace && pack) this.#announce(workspace, pack);
  }

  #announce(workspace: Workspace, pack: Pack): PackView {
    const view = this.#view(workspace, pack);
    this.#options.onState({ pack: pack.code, workspace: workspace.id, state: view.state });
    return view;
  }

  #locate(code: string, workspaceId: string): { readonly workspace: Workspace; readonly pack: Pack } {
    const workspace = this.#workspace(workspaceId);
    const pack = this.#options.packs.get(code);
    if (!pack) throw new CapstanError('CAPSTAN_PACK_NOT_FOUND', `no pack ${JSON.stringify(code.slice(0, 128))}`);
    return { workspace, pack };
  }

  #workspace(id: string): Workspace {
    const workspace = this.#options.workspaces.get(id);
    if (workspace) return workspace;
    throw new CapstanError('CAPSTAN_WORKSPACE_NOT_FOUND', `no workspace ${JSON.stringify(id.slice(0, 128))}`);
  }
}

/** The backends whose tools find a connection by their type. */
const TYPED_KINDS: readonly string[] = ['code', 'remote', 'http', 'joined'];

/** The tool types that the tools of a pack find their connections by. */
export function toolTypes(pack: Pack): ReadonlySet<string> {
  if (pack.body.kind === 'rejected') return new Set();
  const { code, tools } = pack.body.manifest;
  const runnable = tools.filter(({ backend }) => TYPED_KINDS.includes(backend.kind));
  const servers = declaredServers(pack.body.manifest).keys();
  return new Set([...runnable.map((tool) => connectionTypeOf(tool, code)), ...servers]);
}

function failureKey({ id }: Workspace, code: string): string {
  return `${id} ${code}`;
}

function refuseUnknownNames(pack: Pack, environment: readonly string[]): void {
  const known = environmentNames(pack);
  const unknown = environment.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new CapstanError('CAPSTAN_INVALID_REQUEST', `the pack ${pack.code} does not ask for ${unknown.join(', ')}`, {
    hint: known.length > 0 ? `It asks for ${known.join(', ')}.` : 'It asks for no variables.',
  });
}

function childLogger(logger: Logger, bindings: Readonly<Record<string, unknown>>): Logger {
  return {
    debug: (message, fields) => logger.debug(message, { ...bindings, ...fields }),
    info: (message, fields) => logger.info(message, { ...bindings, ...fields }),
    warn: (message, fields) => logger.warn(message, { ...bindings, ...fields }),
    error: (message, fields) => logger.error(message, { ...bindings, ...fields }),
  };
}
