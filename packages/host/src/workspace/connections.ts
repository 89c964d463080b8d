import {
  type ConfigLayerValues,
  type ConfigProblem,
  type ConfigRequest,
  type ConfigResolution,
  connectionLayerOf,
  type MissingKey,
  missingKeyOf,
  resolveConfig,
  resolveText,
} from '@capstan/config';
import type { PackManifest } from '@capstan/manifest';
import {
  CapstanError,
  type ConnectionAuth,
  type ResolvedConfig,
  type ServiceCluster,
  type ToolConnection,
} from '@capstan/sdk';
import type { ToolState } from '../host.ts';
import type { Pack } from '../packs/pack.ts';
import type { ConnectionSettings } from '../settings/host-settings.ts';
import { connectionAuth } from './connection-auth.ts';
import { clusterOf } from './connection-cluster.ts';
import { hasEgressList } from './egress-list.ts';

/** A connection with its config resolved, or with the reason why that cannot be done. */
export interface Binding {
  readonly id: string;
  readonly name: string;
  readonly toolType: string;
  readonly derived: boolean;
  readonly settings: ConnectionSettings | undefined;
  readonly resolution: ConfigResolution;
  readonly connection: ToolConnection;
  /** What of the connection itself, beside its config, cannot be used. */
  readonly problems: readonly ConfigProblem[];
  /** `ready`, `needs_config` or `degraded`. */
  readonly state: ToolState;
  /** What to say of a key that a tool needs, and that nothing set. */
  missingKey(key: string): MissingKey;
}

/** Everything that decides the config of a pack in a workspace. */
export interface BindingSources {
  readonly pack: Pack;
  readonly manifest: PackManifest;
  readonly workspaceId: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** What is set for the pack here, highest first. */
  readonly system: readonly ConfigLayerValues[];
  /** Names that this pack may read. */
  readonly allowed: ReadonlySet<string>;
  readonly readFile: (path: string) => string;
  /** Fingerprints of secrets are made with it: the same for the whole process. */
  readonly maskKey: Buffer;
  /** Told what is odd about a config, and stops nothing. */
  readonly onWarning: (message: string) => void;
}

/** Resolves a declared connection, or derives one for a tool type that has none. */
export function bindConnection(
  sources: BindingSources,
  toolType: string,
  settings: ConnectionSettings | undefined,
): Binding {
  const id = settings?.id ?? `system.${sources.manifest.code}.${toolType}`;
  const request: ConfigRequest = {
    pack: sources.manifest.code,
    workspace: sources.workspaceId,
    connection: id,
    schema: sources.manifest.configSchema,
    system: sources.system,
    ...(settings === undefined ? {} : { connectionLayer: connectionLayerOf(writtenConnection(settings)) }),
    environment: { variables: sources.variables, allowed: sources.allowed },
    readFile: sources.readFile,
    maskKey: sources.maskKey,
  };
  const resolution = resolveConfig(request);
  for (const { message } of resolution.warnings) sources.onWarning(message);
  const fields = accountFields(sources, settings, resolution.values);
  return {
    id,
    name: settings?.name ?? id,
    toolType,
    derived: settings === undefined,
    settings,
    resolution,
    connection: toolConnection(sources, { id, toolType, settings, config: resolution.values, fields }),
    problems: fields.problems,
    state: bindingState(resolution, fields),
    missingKey: (key) => missingKeyOf(key, request),
  };
}

function writtenConnection(settings: ConnectionSettings): Parameters<typeof connectionLayerOf>[0] {
  const { config, auth } = settings.sealed;
  const { token } = auth;
  return { ...settings, sealed: { config, ...(token === undefined ? {} : { token }) } };
}

/** What a connection says beside its config, references resolved. */
interface AccountFields {
  readonly url: string | undefined;
  /** Set where the service has several endpoints, which then stand for the URL. */
  readonly cluster: ServiceCluster | undefined;
  readonly remoteConnectionId: string | undefined;
  readonly auth: ConnectionAuth;
  readonly problems: readonly ConfigProblem[];
}

/**
 * URL and token stand in the resolved config where the pack's schema has these keys: one place to look, one priority
 * order. A pack without them takes the connection's own.
 */
function accountFields(
  sources: BindingSources,
  settings: ConnectionSettings | undefined,
  config: ResolvedConfig,
): AccountFields {
  const problems: ConfigProblem[] = [];
  const read = (text: string | undefined, field: string): string | undefined => {
    if (text === undefined) return undefined;
    const name = `${settings?.id}.${field}`;
    const { variables, readFile } = sources;
    const references = settings?.references ?? 'operator';
    const reading = resolveText({ text, name, references, variables, readFile });
    if (!reading.ok) problems.push(reading.problem);
    return reading.ok && reading.value !== '' ? reading.value : undefined;
  };
  const url =
    typeof config.base_url === 'string' ? config.base_url : read(settings?.remoteClusterUrl, 'remote_cluster_url');
  const remoteConnectionId = read(settings?.remoteConnectionId, 'remote_connection_id');
  const auth = connectionAuth(settings, config, read);
  const cluster = clusterOf({
    settings: settings?.cluster,
    config,
    read,
    hasEgressList: hasEgressList(sources.manifest, sources.pack),
  });
  return { url, cluster, remoteConnectionId, auth, problems };
}

function toolConnection(
  sources: BindingSources,
  parts: {
    readonly id: string;
    readonly toolType: string;
    readonly settings: ConnectionSettings | undefined;
    readonly config: ResolvedConfig;
    readonly fields: AccountFields;
  },
): ToolConnection {
  const { id, toolType, settings, config, fields } = parts;
  return {
    id,
    workspaceId: sources.workspaceId,
    pack: sources.manifest.code,
    toolType,
    connectionType: settings?.connectionType ?? 'remote',
    name: settings?.name ?? id,
    ...(fields.url === undefined ? {} : { remoteClusterUrl: fields.url }),
    ...(fields.cluster === undefined ? {} : { cluster: fields.cluster }),
    ...(fields.remoteConnectionId === undefined ? {} : { remoteConnectionId: fields.remoteConnectionId }),
    config,
    auth: fields.auth,
    owner: 'workspace',
    status: 'registered_but_not_connected',
  };
}

function bindingState(resolution: ConfigResolution, { auth, cluster, problems: own }: AccountFields): ToolState {
  const problems = [...resolution.problems, ...own];
  const problem = problems[0];
  if (problem) {
    const reason = new CapstanError(problem.code, problem.message, {
      hint: problem.hint,
      details: {
        keys: problems.map(({ key }) => key),
        // Both are wanted at once: who mends the problem would only learn of them next.
        ...(resolution.missing.length === 0
          ? {}
          : {
              missing: resolution.missing.map(({ key, description, places }) => ({
                key,
                places,
                ...(description === undefined ? {} : { description }),
              })),
            }),
      },
    });
    return { kind: 'degraded', reason };
  }
  const hasOwnAuth = auth.type !== 'none' && auth.type !== 'bearer';
  // Whoever proves itself another way needs no bearer token, and who has several URLs needs not the one.
  const missing = resolution.missing.filter(
    ({ key }) => !(hasOwnAuth && key === 'api_token') && !(cluster !== undefined && key === 'base_url'),
  );
  return missing.length > 0 ? { kind: 'needs_config', missing } : { kind: 'ready' };
}
