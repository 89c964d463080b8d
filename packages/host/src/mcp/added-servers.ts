import { resolveText } from '@capstan/config';
import { type McpServerDeclaration, readServerDeclaration, resolveServer } from '@capstan/mcp';
import { CapstanError, type JsonObject, type Logger } from '@capstan/sdk';
import type { LoadMcpToolsOptions, McpServerView } from '../host.ts';
import type { DeclaredState } from '../state/declared-state.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { McpBinding, McpSource } from './mcp-source.ts';
import type { McpSources } from './mcp-sources.ts';

/** What {@link AddedServers} needs of the host. */
export interface AddedServersOptions {
  readonly sources: McpSources;
  readonly declared: DeclaredState;
  readonly workspaces: ReadonlyMap<string, Workspace>;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
  readonly baseEnvironment: Readonly<Record<string, string>>;
  readonly logger: Logger;
  /** Codes of packs: their namespaces are taken. */
  readonly isTaken: (namespace: string) => boolean;
}

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const OWNER = 'application';

/** MCP servers that an operator added at run time, and those that the application loads for as long as it runs. */
export class AddedServers {
  readonly #options: AddedServersOptions;
  readonly #declarations = new Map<McpSource, McpServerDeclaration>();
  readonly #loaded = new Set<McpSource>();
  /** Those that stay, as they were written. */
  readonly #written = new WeakMap<McpSource, string>();
  #loadCount = 0;

  constructor(options: AddedServersOptions) {
    this.#options = options;
    for (const { id } of options.workspaces.values()) this.reconcile(id);
  }

  /**
   * Connects and disconnects until the servers of a workspace are as declared; what did not change is not touched.
   * @returns the names of those that were touched
   */
  reconcile(workspaceId: string): readonly string[] {
    const workspace = this.#workspace(workspaceId);
    const wanted = this.#options.declared.mcpServers(workspaceId);
    const kept = this.#keptIn(workspaceId);
    const gone = [...kept].filter(([name]) => !wanted.has(name));
    const changed = [...wanted].filter(([name, server]) => kept.get(name)?.written !== JSON.stringify(server));
    for (const [, { source }] of gone) this.#disconnect(source);
    for (const [name, server] of changed) this.#renew(workspace, name, server);
    return [...gone, ...changed].map(([name]) => name);
  }

  /** Disconnects everything of a workspace that is going away, what the application loaded too. */
  removeWorkspace(workspaceId: string): void {
    for (const source of this.#options.sources.list(workspaceId)) if (this.isOwn(source)) this.#disconnect(source);
  }

  /** Whether a server may be added. @throws CapstanError CAPSTAN_INVALID_REQUEST or CAPSTAN_CONFLICT */
  check(name: string, server: JsonObject, workspaceId: string): void {
    const workspace = this.#workspace(workspaceId);
    if (!NAME.test(name)) {
      throw new CapstanError('CAPSTAN_INVALID_REQUEST', `not a name for an MCP server: ${JSON.stringify(name)}`, {
        hint: 'Use letters, digits, "_" and "-", up to 64 of them, beginning with a letter.',
      });
    }
    const reading = readServerDeclaration(server);
    if (!reading.ok) {
      throw new CapstanError('CAPSTAN_INVALID_REQUEST', `the MCP server ${name} ${reading.problems.join('; ')}`);
    }
    this.#refuseTaken(workspace.id, name);
  }

  /** One of those that were added to stay. @throws CapstanError CAPSTAN_NOT_FOUND */
  view(name: string, workspaceId: string): McpServerView {
    const kept = this.#keptIn(this.#workspace(workspaceId).id).get(name);
    if (kept !== undefined) return this.#view(kept.source);
    throw new CapstanError('CAPSTAN_NOT_FOUND', `no MCP server ${JSON.stringify(name.slice(0, 64))} was added here`, {
      hint: 'List those that were added: capstan mcp list.',
    });
  }

  /** Connects until the returned function is called; resolves when the server has answered or failed once. */
  async load(options: LoadMcpToolsOptions): Promise<() => void> {
    const workspace = this.#workspace(options.workspace ?? 'default');
    this.#loadCount += 1;
    const name = options.name ?? `mcp_${this.#loadCount}`;
    this.#refuseTaken(workspace.id, name);
    const declaration: McpServerDeclaration = {
      url: options.serverUrl,
      ...(options.toolPrefix === undefined ? {} : { prefix: options.toolPrefix }),
      ...(options.authToken === undefined ? {} : { token: options.authToken }),
      ...(options.selectedTools === undefined ? {} : { selectedTools: options.selectedTools }),
    };
    // The application's own words: what looks like a reference in them is none.
    const source = this.#connect(workspace, { name, declaration, resolve: (text) => text });
    this.#loaded.add(source);
    await source.settled();
    return () => this.#disconnect(source);
  }

  list(workspaceId: string): readonly McpServerView[] {
    return this.#options.sources.list(workspaceId).map((source) => this.#view(source));
  }

  /** Whether a server stands by itself, and belongs to no pack. */
  isOwn(source: McpSource): boolean {
    return this.#declarations.has(source);
  }

  #renew(workspace: Workspace, name: string, server: JsonObject): void {
    const before = this.#keptIn(workspace.id).get(name);
    if (before !== undefined) this.#disconnect(before.source);
    const reading = readServerDeclaration(server);
    if (!reading.ok) {
      this.#options.logger.warn('an MCP server that was added cannot be read', { name, problems: reading.problems });
      return;
    }
    const source = this.#connect(workspace, { name, declaration: reading.declaration });
    this.#written.set(source, JSON.stringify(server));
  }

  /** Those that stay, by name. */
  #keptIn(workspaceId: string): ReadonlyMap<string, { readonly source: McpSource; readonly written: string }> {
    return new Map(
      this.#options.sources.list(workspaceId).flatMap((source) => {
        const written = this.#written.get(source);
        return written === undefined ? [] : [[source.name, { source, written }] as const];
      }),
    );
  }

  #connect(
    workspace: Workspace,
    parts: {
      readonly name: string;
      readonly declaration: McpServerDeclaration;
      readonly resolve?: (text: string) => string;
    },
  ): McpSource {
    const { name, declaration } = parts;
    const binding = this.#bind(parts);
    const source = this.#options.sources.add({
      workspace,
      name,
      namespace: namespaceOf(name),
      owner: OWNER,
      bindings: [binding],
      choose: () => binding,
      except: new Set(),
    });
    this.#declarations.set(source, declaration);
    return source;
  }

  #bind({
    name,
    declaration,
    resolve,
  }: {
    readonly name: string;
    readonly declaration: McpServerDeclaration;
    readonly resolve?: (text: string) => string;
  }): McpBinding {
    const { baseEnvironment } = this.#options;
    try {
      const server = resolveServer({
        name,
        declaration,
        resolve: resolve ?? ((text, field) => this.#resolve(text, `${name}.${field}`)),
        baseEnvironment,
      });
      return { connectionId: undefined, server, state: { kind: 'ready' } };
    } catch (error) {
      if (!(error instanceof CapstanError)) throw error;
      return { connectionId: undefined, server: undefined, state: { kind: 'degraded', reason: error } };
    }
  }

  /** What the operator wrote may refer to what the operator may read. */
  #resolve(text: string, name: string): string {
    const { variables, readFile } = this.#options;
    const reading = resolveText({ text, name, references: 'operator', variables, readFile });
    if (reading.ok) return reading.value;
    const { code, message, hint } = reading.problem;
    throw new CapstanError(code, message, { hint });
  }

  #disconnect(source: McpSource): void {
    this.#declarations.delete(source);
    this.#loaded.delete(source);
    const { sources } = this.#options;
    if (sources.find(source.workspaceId, source.namespace, source.name) !== source) return;
    sources.remove(source.workspaceId, source.namespace, source.name);
  }

  #refuseTaken(workspaceId: string, name: string): void {
    const namespace = namespaceOf(name);
    const isTaken = this.#options.isTaken(namespace) || this.#options.sources.list(workspaceId, namespace).length > 0;
    if (!isTaken) return;
    throw new CapstanError('CAPSTAN_CONFLICT', `the name ${name} is taken by a pack or another MCP server`, {
      hint: 'Choose another name, or remove the other one first.',
    });
  }

  #view(source: McpSource): McpServerView {
    const declaration = this.#declarations.get(source);
    const { primary } = source;
    const address = primary?.server.address;
    return {
      name: source.name,
      workspace: source.workspaceId,
      ...(declaration === undefined ? { pack: source.namespace } : {}),
      origin: originOf(declaration, address?.kind === 'http' ? address.url : address?.command),
      transport: address?.kind ?? (declaration?.command === undefined ? 'http' : 'stdio'),
      state: source.state(),
      toolCount: primary?.offer.tools.length ?? 0,
      isKept: declaration !== undefined && !this.#loaded.has(source),
    };
  }

  #workspace(id: string): Workspace {
    const workspace = this.#options.workspaces.get(id);
    if (workspace !== undefined) return workspace;
    throw new CapstanError('CAPSTAN_WORKSPACE_NOT_FOUND', `no workspace ${JSON.stringify(id.slice(0, 128))}`);
  }
}

/** The part of tool ids before the dot. */
function namespaceOf(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

/** As it was written, so that a reference stays one; of a URL nothing that may hold a secret. */
function originOf(declaration: McpServerDeclaration | undefined, resolved: string | undefined): string {
  if (declaration?.command !== undefined) return [declaration.command, ...(declaration.args ?? [])].join(' ');
  const url = URL.parse(declaration?.url ?? resolved ?? '');
  return url === null ? (declaration?.url ?? resolved ?? '') : `${url.origin}${url.pathname}`;
}
