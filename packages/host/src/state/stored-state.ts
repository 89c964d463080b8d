import { isDeepStrictEqual } from 'node:util';
import { pointerPath } from '@capstan/schema';
import type { JsonObject, JsonValue, Logger } from '@capstan/sdk';
import {
  connectionSecretName,
  mcpServerSecretName,
  type SecretPlace,
  type SecretVault,
  type StoredConnection,
  type StoredMcpServer,
  type StoredSetting,
  type StoredState,
  settingSecretName,
} from '@capstan/store';
import { withValueAt } from './runtime-connection.ts';
import {
  EMPTY_WORKSPACE,
  type RuntimeConnection,
  type RuntimeMcpServer,
  type RuntimeSetting,
  type RuntimeSettings,
  type RuntimeState,
  type RuntimeWorkspace,
} from './runtime-state.ts';

/** What reading a stored state needs. */
export interface StateReading {
  readonly vault: SecretVault;
  readonly logger: Logger;
  /** What was read before: of what is as it was nothing is revealed again. */
  readonly before?: { readonly stored: StoredState; readonly state: RuntimeState };
}

/** The state that a store holds, with its secrets. One that cannot be revealed is told, and is as if it was not set. */
export async function readStoredState(stored: StoredState, reading: StateReading): Promise<RuntimeState> {
  const workspaces = new Map<string, RuntimeWorkspace>();
  const edit = (id: string, change: (workspace: RuntimeWorkspace) => RuntimeWorkspace): void => {
    workspaces.set(id, change(workspaces.get(id) ?? EMPTY_WORKSPACE));
  };
  for (const { slug, name, createdBy, createdAt } of stored.workspaces) {
    edit(slug, (workspace) => ({ ...workspace, made: { name, by: createdBy, at: createdAt } }));
  }
  for (const [id, found] of Map.groupBy(stored.enablements, ({ workspace }) => workspace)) {
    const enablements = found.map(({ pack, environment, enabledAt, enabledBy }) => {
      return [pack, { environment, by: enabledBy, at: enabledAt }] as const;
    });
    edit(id, (workspace) => ({ ...workspace, enablements: new Map(enablements) }));
  }
  for (const [id, found] of Map.groupBy(stored.connections, ({ workspace }) => workspace)) {
    const connections = await Promise.all(
      found.map(async (connection) => [connection.id, await connectionOf(connection, reading)] as const),
    );
    edit(id, (workspace) => ({ ...workspace, connections: new Map(connections) }));
  }
  for (const [id, found] of Map.groupBy(stored.mcpServers, ({ workspace }) => workspace)) {
    const servers = await Promise.all(
      found.map(async (server) => [server.name, await serverOf(server, reading)] as const),
    );
    edit(id, (workspace) => ({ ...workspace, mcpServers: new Map(servers) }));
  }
  let shared: RuntimeSettings = new Map();
  for (const [id, found] of Map.groupBy(stored.settings, ({ workspace }) => workspace)) {
    const settings = await settingsOf(found, reading);
    if (id === undefined) shared = settings;
    else edit(id, (workspace) => ({ ...workspace, settings }));
  }
  return { revision: stored.revision, workspaces, settings: shared };
}

async function connectionOf(stored: StoredConnection, reading: StateReading): Promise<RuntimeConnection> {
  const { workspace, id, updatedBy, updatedAt, secrets } = stored;
  const { before } = reading;
  const known = before?.state.workspaces.get(workspace)?.connections.get(id);
  const same = before?.stored.connections.find((other) => other.workspace === workspace && other.id === id);
  // A secret that is set anew comes with a new time.
  if (known !== undefined && isDeepStrictEqual(same, stored)) return known;
  const revealed = await revealAll(reading, workspace, secrets, (pointer) => connectionSecretName(id, pointer));
  return { definition: definitionOf(stored), secrets: revealed, by: updatedBy, at: updatedAt };
}

/** In the words of `capstan.yaml`. */
function definitionOf(stored: StoredConnection): JsonObject {
  const { id, pack, toolType, connectionType, name, remoteClusterUrl, cluster, remoteConnectionId, config, auth } =
    stored;
  return {
    id,
    pack,
    tool_type: toolType,
    connection_type: connectionType,
    name,
    ...(remoteClusterUrl === undefined ? {} : { remote_cluster_url: remoteClusterUrl }),
    ...cluster,
    ...(remoteConnectionId === undefined ? {} : { remote_connection_id: remoteConnectionId }),
    ...(Object.keys(config).length === 0 ? {} : { config }),
    ...(Object.keys(auth).length === 0 ? {} : { auth }),
  };
}

async function serverOf(stored: StoredMcpServer, reading: StateReading): Promise<RuntimeMcpServer> {
  const { workspace, name, definition, secrets, addedAt, addedBy } = stored;
  const revealed = await revealAll(reading, workspace, secrets, (pointer) => mcpServerSecretName(name, pointer));
  let whole = definition;
  for (const [pointer, value] of revealed) whole = withValueAt(whole, pointerPath(pointer), value);
  return { definition: whole, by: addedBy, at: addedAt };
}

async function settingsOf(found: readonly StoredSetting[], reading: StateReading): Promise<RuntimeSettings> {
  const settings = new Map<string, Map<string, RuntimeSetting>>();
  for (const stored of found) {
    const setting = await settingOf(stored, reading);
    if (setting === undefined) continue;
    const ofPack = settings.get(stored.pack) ?? new Map<string, RuntimeSetting>();
    settings.set(stored.pack, ofPack.set(stored.key, setting));
  }
  return settings;
}

async function settingOf(stored: StoredSetting, reading: StateReading): Promise<RuntimeSetting | undefined> {
  const { workspace, value, setBy, setAt } = stored;
  const author = { by: setBy, at: setAt };
  if (value.kind === 'plain') return { ...author, value: value.value, isSecret: false };
  const place = { name: settingSecretName(stored), ...(workspace === undefined ? {} : { workspace }) };
  const revealed = await reveal(reading, place);
  return revealed === undefined ? undefined : { ...author, value: revealed, isSecret: true };
}

async function revealAll(
  reading: StateReading,
  workspace: string,
  pointers: readonly string[],
  nameOf: (pointer: string) => string,
): Promise<ReadonlyMap<string, JsonValue>> {
  const revealed = await Promise.all(
    pointers.map(async (pointer) => [pointer, await reveal(reading, { workspace, name: nameOf(pointer) })] as const),
  );
  return new Map(revealed.flatMap(([pointer, value]) => (value === undefined ? [] : [[pointer, value] as const])));
}

/** Values are kept as JSON, so that they come back as what they were. */
async function reveal({ vault, logger }: StateReading, place: SecretPlace): Promise<JsonValue | undefined> {
  try {
    const text = await vault.reveal(place);
    return text === undefined ? undefined : JSON.parse(text);
  } catch (cause) {
    logger.error('a secret cannot be read, and is as if it was not set', { ...place, cause });
    return undefined;
  }
}
