import { resolveText } from '@capstan/config';
import type { PackManifest } from '@capstan/manifest';
import { type HttpCredentials, type McpServerDeclaration, readServerDeclaration, resolveServer } from '@capstan/mcp';
import { isSecret, spendSecret } from '@capstan/schema';
import { CapstanError, isCapstanError, type JsonObject, type JsonValue, type ToolConnection } from '@capstan/sdk';
import { egressOf } from '../backends/call-policy.ts';
import { fillText } from '../backends/config-template.ts';
import type { Binding, BindingSources } from '../workspace/connections.ts';
import { hasEgressList } from '../workspace/egress-list.ts';
import type { PackInWorkspace } from '../workspace/pack-in-workspace.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { McpBinding } from './mcp-source.ts';
import type { McpSourceRequest } from './mcp-sources.ts';

/** What the servers of packs need of the host. */
export interface PackServersOptions {
  /** What every process gets beside what its declaration says. */
  readonly baseEnvironment: Readonly<Record<string, string>>;
  /** What proves who calls over a connection; undefined where it says nothing of that. */
  readonly credentialsOf: (connection: ToolConnection, egress: readonly string[]) => HttpCredentials | undefined;
}

/** The MCP servers of a manifest by name; what cannot be read is told to `onWarning` and left out. */
export function declaredServers(
  manifest: PackManifest,
  onWarning: (message: string) => void = () => undefined,
): ReadonlyMap<string, McpServerDeclaration> {
  const found = new Map<string, McpServerDeclaration>();
  for (const [name, entry] of namedEntries(manifest.sources.mcp_servers)) {
    const reading = readServerDeclaration(entry);
    if (reading.ok) found.set(name, reading.declaration);
    else onWarning(`mcp_servers.${name} is left out: ${reading.problems.join('; ')}`);
  }
  return found;
}

/** The servers of a pack in a workspace: those of its manifest, and one for each connection of type `mcp` beside them. */
export function packServers(
  instance: PackInWorkspace,
  workspace: Workspace,
  options: PackServersOptions,
): readonly McpSourceRequest[] {
  const { sources, declared } = instance;
  const servers = new Map(declaredServers(sources.manifest, sources.onWarning));
  for (const { connectionType, toolType } of declared) {
    if (connectionType === 'mcp' && !servers.has(toolType)) servers.set(toolType, {});
  }
  return [...servers].map(([name, declaration]) => request({ instance, workspace, options, name, declaration }));
}

interface ServerParts {
  readonly instance: PackInWorkspace;
  readonly workspace: Workspace;
  readonly options: PackServersOptions;
  readonly name: string;
  readonly declaration: McpServerDeclaration;
}

function request(parts: ServerParts): McpSourceRequest {
  const { instance, workspace, name } = parts;
  const { manifest } = instance.sources;
  const bindings = new Map(instance.allBindings([name]).map((binding) => [binding, bindServer(parts, binding)]));
  return {
    workspace,
    name,
    namespace: manifest.code,
    owner: manifest.code,
    bindings: [...bindings.values()],
    choose: (connection) => {
      const binding = instance.binding(name, connection);
      return bindings.get(binding) ?? bindServer(parts, binding);
    },
    except: new Set(
      manifest.tools.flatMap(({ backend }) =>
        backend.kind === 'mcp' && backend.server === name ? [backend.tool] : [],
      ),
    ),
  };
}

function bindServer({ instance, options, name, declaration }: ServerParts, binding: Binding): McpBinding {
  const { id: connectionId, state } = binding;
  if (state.kind !== 'ready') return { connectionId, server: undefined, state };
  try {
    const { sources } = instance;
    const own = withConnection(declaration, binding);
    const egress = egressFor(binding, sources);
    const credentials = binding.derived ? undefined : options.credentialsOf(binding.connection, egress ?? []);
    const server = resolveServer({
      name,
      declaration: own,
      resolve: (text, field) => resolveTemplate(text, `mcp_servers.${name}.${field}`, { binding, sources }),
      baseEnvironment: options.baseEnvironment,
      ...(egress === undefined ? {} : { egress }),
      ...(credentials === undefined ? {} : { credentials }),
    });
    return { connectionId, server, state };
  } catch (error) {
    if (!isCapstanError(error)) throw error;
    return { connectionId, server: undefined, state: { kind: 'degraded', reason: error } };
  }
}

/** A connection of type `mcp` says where the server is; the seed's words for the rest stand in its config. */
function withConnection(
  declaration: McpServerDeclaration,
  { connection, derived, settings }: Binding,
): McpServerDeclaration {
  if (derived || connection.connectionType !== 'mcp' || connection.remoteClusterUrl === undefined) return declaration;
  // Few packs have it among their settings, and it is about the server, not about the pack.
  const prefix = connection.config.tool_prefix ?? settings?.config.tool_prefix;
  return {
    ...declaration,
    url: connection.remoteClusterUrl,
    ...(typeof prefix === 'string' ? { prefix } : {}),
  };
}

/** Where a pack has a list, the servers that it reaches are on it; else each server's own host. */
function egressFor(binding: Binding, sources: BindingSources): readonly string[] | undefined {
  return hasEgressList(sources.manifest, sources.pack) ? egressOf(binding, sources) : undefined;
}

const CONFIG_REFERENCE = /(\$\{config\.[^}]+\})/;
const WHOLE_REFERENCE = /^\$\{config\.([^}.]+)\}$/;

/** `${config.key}` by the pack's config, secrets included; `${NAME}` by what the operator lets the pack read. */
function resolveTemplate(
  text: string,
  name: string,
  { binding, sources }: { readonly binding: Binding; readonly sources: BindingSources },
): string {
  const { config } = binding.connection;
  return text
    .split(CONFIG_REFERENCE)
    .map((part) => {
      const key = WHOLE_REFERENCE.exec(part)?.[1];
      const value = key === undefined ? undefined : config[key];
      if (isSecret(value)) return spendSecret(value);
      return CONFIG_REFERENCE.test(part) ? fillText(part, config) : resolveVariables(part, name, sources);
    })
    .join('');
}

function resolveVariables(text: string, name: string, { variables, allowed, readFile }: BindingSources): string {
  const references = { variables: [...allowed], files: [] };
  const reading = resolveText({ text, name, references, variables, readFile });
  if (reading.ok) return reading.value;
  const { code, message, hint } = reading.problem;
  throw new CapstanError(code, message, { hint });
}

/** An object by name, or a list whose entries have one. */
function namedEntries(value: JsonValue | undefined): readonly (readonly [string, JsonValue | undefined])[] {
  if (Array.isArray(value)) {
    return value.flatMap((entry: JsonValue) => {
      if (typeof entry !== 'object' || entry === null || !('name' in entry) || typeof entry.name !== 'string')
        return [];
      const { name, ...rest } = entry as JsonObject & { readonly name: string };
      return [[name, rest] as const];
    });
  }
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}
