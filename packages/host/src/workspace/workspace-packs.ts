import { randomBytes } from 'node:crypto';
import type { ConfigResolution } from '@capstan/config';
import type { Diagnostic } from '@capstan/schema';
import { CapstanError, type Logger, type RemoteToolAdapter } from '@capstan/sdk';
import type { DeclaredCallFactory } from '../backends/declared-calls.ts';
import type { PackHttpFactory } from '../backends/pack-http.ts';
import type { ConnectionPlace } from '../connection-test/connection-desk.ts';
import type { ServiceScope } from '../container.ts';
import type { Enablement } from '../enablement.ts';
import type { Host, PackState, PackView } from '../host.ts';
import type { McpSources } from '../mcp/mcp-sources.ts';
import { declaredServers, type PackServersOptions, packServers } from '../mcp/pack-servers.ts';
import type { Pack } from '../packs/pack.ts';
import type { HostSettings } from '../settings/host-settings.ts';
import { toolCallerOver } from '../tool-caller.ts';
import { environmentNames, type PackFacts, packView } from '../views.ts';
import type { Binding, BindingSources } from './connections.ts';
import { connectionTypeOf, enablePack } from './enable-pack.ts';
import { operatorFindings, unusedConnections } from './operator-findings.ts';
import { PackInWorkspace } from './pack-in-workspace.ts';
import type { Workspace } from './workspace.ts';

/** What enabling packs needs of the host. */
export interface WorkspacePacksOptions {
  readonly packs: ReadonlyMap<string, Pack>;
  readonly workspaces: ReadonlyMap<string, Workspace>;
  readonly settings: HostSettings;
  readonly enablement: Enablement;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
  /** The root of the container. */
  readonly scope: ServiceScope;
  readonly adapter: RemoteToolAdapter;
  readonly packHttp: PackHttpFactory;
  readonly declaredCalls: DeclaredCallFactory;
  readonly mcp: McpSources;
  readonly packServers: PackServersOptions;
  readonly logger: Logger;
  readonly invoke: Host['invoke'];
  readonly openCircuits: () => PackFacts['openCircuits'];
  readonly phase: () => PackFacts['phase'];
  readonly onState: (event: { readonly pack: string; readonly workspace: string; readonly state: PackState }) => void;
}

/** Packs in workspaces: enables, disables, and says how each is doing. */
export class WorkspacePacks {
  readonly #options: WorkspacePacksOptions;
  readonly #failures = new Map<string, CapstanError>();
  readonly #maskKey = randomBytes(32);
  readonly #workspaceScopes = new Map<string, ServiceScope>();

  constructor(options: WorkspacePacksOptions) {
    this.#options = options;
    for (const workspace of options.workspaces.values()) {
      for (const pack of options.packs.values()) if (this.#owner(workspace.id, pack)) this.#start(workspace, pack);
    }
  }

  /** The packs as a workspace sees them, by code. */
  views(workspaceId: string): readonly PackView[] {
    const workspace = this.#workspace(workspaceId);
    const views = [...this.#options.packs.values()].map((pack) => this.#view(workspace, pack));
    return views.sort((a, b) => (a.code < b.code ? -1 : 1));
  }

  /** @throws CapstanError CAPSTAN_PACK_NOT_FOUND, or the reason why the pack was rejected */
  enable(code: string, workspaceId: string, environment: readonly string[]): PackView {
    const { workspace, pack } = this.#locate(code, workspaceId);
    if (pack.body.kind === 'rejected') throw pack.body.error;
    refuseUnknownNames(pack, environment);
    if (this.#owner(workspaceId, pack) === 'file') return this.#view(workspace, pack);
    this.#options.enablement.enable(workspaceId, pack.code, environment);
    workspace.disable(pack.code);
    this.#options.mcp.remove(workspaceId, pack.code);
    this.#start(workspace, pack);
    return this.#announce(workspace, pack);
  }

  /** @throws CapstanError CAPSTAN_PACK_NOT_FOUND, or CAPSTAN_CONFLICT when a file owns the enablement */
  disable(code: string, workspaceId: string): PackView {
    const { workspace, pack } = this.#locate(code, workspaceId);
    if (this.#owner(workspaceId, pack) === 'file') {
      throw new CapstanError('CAPSTAN_CONFLICT', `capstan.yaml enables ${code} in ${workspaceId}`, {
        hint: `Remove it from workspaces.${workspaceId}.packs in capstan.yaml; what a file owns is changed there.`,
      });
    }
    this.#options.enablement.disable(workspaceId, pack.code);
    workspace.disable(pack.code);
    this.#options.mcp.remove(workspaceId, pack.code);
    return this.#announce(workspace, pack);
  }

  /** @throws CapstanError CAPSTAN_PACK_NOT_FOUND, CAPSTAN_CONNECTION_NOT_FOUND or CAPSTAN_CONNECTION_AMBIGUOUS */
  explain(code: string, workspaceId: string, connection: string | undefined): ConfigResolution {
    const { workspace, pack } = this.#locate(code, workspaceId);
    if (pack.body.kind === 'rejected') throw pack.body.error;
    const instance = workspace.pack(pack.code)?.instance ?? this.#instance(workspaceId, pack);
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

  /** The connections of a workspace, each with the pack that calls over it. */
  places(workspaceId: string): readonly ConnectionPlace[] {
    const workspace = this.#workspace(workspaceId);
    return [...this.#options.packs.values()].flatMap((pack) => {
      const enabled = workspace.pack(pack.code);
      if (enabled === undefined) return [];
      return this.#bindings(workspace, pack).map((binding) => ({ binding, pack: enabled }));
    });
  }

  #start(workspace: Workspace, pack: Pack): void {
    if (pack.body.kind === 'rejected') return;
    this.#failures.delete(failureKey(workspace, pack));
    const { options, scope } = { options: this.#options, scope: this.#scopeOf(workspace.id) };
    const logger = childLogger(options.logger, { pack: pack.code, workspace: workspace.id });
    const instance = this.#instance(workspace.id, pack);
    const servers = packServers(instance, workspace, options.packServers).map((server) => options.mcp.add(server));
    const enabled = enablePack({
      instance,
      works: pack.body.works,
      mcpServer: (name) => servers.find((server) => server.name === name),
      scope: scope.scope({ logger }),
      adapter: options.adapter,
      packHttp: options.packHttp,
      declaredCalls: options.declaredCalls,
      defaults: options.settings.defaults,
      onFailure: (error) => this.#fail(workspace, pack, error),
      onStarted: () => this.#failures.delete(failureKey(workspace, pack)),
    });
    workspace.enable(pack.code, enabled);
  }

  #scopeOf(workspaceId: string): ServiceScope {
    const known = this.#workspaceScopes.get(workspaceId);
    if (known) return known;
    const scope = this.#options.scope.scope({ tools: toolCallerOver(this.#options.invoke, workspaceId) });
    this.#workspaceScopes.set(workspaceId, scope);
    return scope;
  }

  #instance(workspaceId: string, pack: Pack): PackInWorkspace {
    if (pack.body.kind === 'rejected') throw pack.body.error;
    const sources: BindingSources = {
      pack,
      manifest: pack.body.manifest,
      workspaceId,
      variables: this.#options.variables,
      allowed: this.#allowed(workspaceId, pack),
      readFile: this.#options.readFile,
      maskKey: this.#maskKey,
      onWarning: (message) => this.#options.logger.warn(message, { pack: pack.code, workspace: workspaceId }),
    };
    const declared = this.#options.settings.workspaces.get(workspaceId)?.connections ?? [];
    const names = namesOf(pack);
    const own = declared.filter((connection) => names.includes(connection.pack));
    for (const { message, hint } of unusedConnections(own, toolTypes(pack))) sources.onWarning(`${message}. ${hint}`);
    return new PackInWorkspace(sources, own);
  }

  #allowed(workspaceId: string, pack: Pack): ReadonlySet<string> {
    return new Set([
      ...(pack.settings?.environment ?? []),
      ...this.#options.enablement.environment(workspaceId, pack.code),
    ]);
  }

  #view(workspace: Workspace, pack: Pack): PackView {
    return packView({
      pack,
      enabled: this.#owner(workspace.id, pack) !== undefined,
      bindings: this.#bindings(workspace, pack),
      failure: this.#failures.get(failureKey(workspace, pack)),
      openCircuits: this.#options.openCircuits(),
      phase: this.#options.phase(),
      servers: this.#options.mcp.list(workspace.id, pack.code),
      allowed: this.#allowed(workspace.id, pack),
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

  #owner(workspaceId: string, pack: Pack): ReturnType<Enablement['owner']> {
    return this.#options.enablement.owner(workspaceId, namesOf(pack));
  }

  #fail(workspace: Workspace, pack: Pack, error: CapstanError): void {
    this.#failures.set(failureKey(workspace, pack), error);
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

/** The names by which settings may speak of a pack: its code, and its key there. */
function namesOf(pack: Pack): readonly string[] {
  return pack.settings === undefined || pack.settings.key === pack.code ? [pack.code] : [pack.code, pack.settings.key];
}

/** The backends whose tools find a connection by their type. */
const TYPED_KINDS: readonly string[] = ['code', 'remote', 'http', 'joined'];

function toolTypes(pack: Pack): ReadonlySet<string> {
  if (pack.body.kind === 'rejected') return new Set();
  const { code, tools } = pack.body.manifest;
  const runnable = tools.filter(({ backend }) => TYPED_KINDS.includes(backend.kind));
  const servers = declaredServers(pack.body.manifest).keys();
  return new Set([...runnable.map((tool) => connectionTypeOf(tool, code)), ...servers]);
}

function failureKey(workspace: Workspace, pack: Pack): string {
  return `${workspace.id} ${pack.code}`;
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
