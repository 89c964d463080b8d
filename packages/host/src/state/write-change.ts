import { AUTH_TYPES, CONNECTION_TYPES, type JsonObject, type JsonValue } from '@capstan/sdk';
import {
  connectionSecretName,
  mcpServerSecretName,
  type SecretVault,
  type StoredConnection,
  type StoreWriter,
  settingSecretName,
} from '@capstan/store';
import { splitMcpServer } from '../administration/secret-parts.ts';
import { jsonMapping, textOf, textOr, wordOr } from '../settings/json-node.ts';
import type { PutConnection, RuntimeChange, SetConfig } from './runtime-change.ts';
import type { Authorship } from './runtime-state.ts';

/** Where and by whom a change is written. */
export interface WriteTools {
  readonly writer: StoreWriter;
  readonly vault: SecretVault;
  readonly author: Authorship;
}

const TENANT = 'default';

/** Keys of a connection that stand in the store under other names; the rest says where its endpoints are. */
const OWN_KEYS: ReadonlySet<string> = new Set([
  'id',
  'pack',
  'tool_type',
  'connection_type',
  'name',
  'remote_cluster_url',
  'remote_connection_id',
  'config',
  'auth',
]);

/** Writes one change inside of a transaction. */
export async function writeChange(change: RuntimeChange, tools: WriteTools): Promise<void> {
  const { writer, vault, author } = tools;
  const { by, at } = author;
  switch (change.kind) {
    case 'make_workspace': {
      const { workspace: slug, name } = change;
      await writer.workspaces.insert({ slug, tenant: TENANT, name, settings: {}, createdAt: at, createdBy: by });
      return;
    }
    case 'remove_workspace':
      await writer.removeWorkspace(change.workspace);
      return;
    case 'enable_pack': {
      const { workspace, pack, environment } = change;
      await writer.enablements.put({ workspace, pack, environment, enabledAt: at, enabledBy: by });
      return;
    }
    case 'disable_pack':
      await writer.enablements.remove({ workspace: change.workspace, pack: change.pack });
      return;
    case 'put_connection':
      return putConnection(change, tools);
    case 'remove_connection': {
      const { workspace, id } = change;
      const stored = await writer.connections.get({ workspace, id });
      for (const pointer of stored?.secrets ?? []) {
        await vault.remove(writer, { workspace, name: connectionSecretName(id, pointer) });
      }
      await writer.connections.remove({ workspace, id });
      return;
    }
    case 'set_config':
      return setConfig(change, tools);
    case 'unset_config': {
      const { kind: _kind, ...key } = change;
      await vault.remove(writer, settingPlace(key));
      await writer.settings.remove(key);
      return;
    }
    case 'put_mcp_server':
      return putMcpServer(change, tools);
    case 'remove_mcp_server': {
      const { workspace, name } = change;
      const stored = await writer.mcpServers.get({ workspace, name });
      for (const pointer of stored?.secrets ?? []) {
        await vault.remove(writer, { workspace, name: mcpServerSecretName(name, pointer) });
      }
      await writer.mcpServers.remove({ workspace, name });
      return;
    }
  }
}

async function putConnection({ workspace, id, definition, secrets }: PutConnection, tools: WriteTools): Promise<void> {
  const { writer, vault, author } = tools;
  const before = await writer.connections.get({ workspace, id });
  const url = textOf(definition, 'remote_cluster_url');
  const remoteId = textOf(definition, 'remote_connection_id');
  for (const pointer of before?.secrets ?? []) {
    if (!secrets.has(pointer)) await vault.remove(writer, { workspace, name: connectionSecretName(id, pointer) });
  }
  await keepSecrets(tools, workspace, secrets, (pointer) => connectionSecretName(id, pointer));
  const stored: StoredConnection = {
    id,
    workspace,
    pack: textOr(definition, 'pack', ''),
    toolType: textOr(definition, 'tool_type', ''),
    connectionType: wordOr(definition, 'connection_type', CONNECTION_TYPES, 'remote'),
    name: textOr(definition, 'name', id),
    ...(url === undefined ? {} : { remoteClusterUrl: url }),
    cluster: Object.fromEntries(Object.entries(definition).filter(([key]) => !OWN_KEYS.has(key))),
    ...(remoteId === undefined ? {} : { remoteConnectionId: remoteId }),
    config: jsonMapping(definition.config),
    auth: authOf(definition),
    secrets: [...secrets.keys()],
    owner: 'workspace',
    status: 'registered_but_not_connected',
    createdAt: before?.createdAt ?? author.at,
    createdBy: before?.createdBy ?? author.by,
    updatedAt: author.at,
    updatedBy: author.by,
  };
  await writer.connections.put(stored);
}

function authOf(definition: JsonObject): JsonObject {
  const auth = jsonMapping(definition.auth);
  return Object.keys(auth).length === 0 ? auth : { ...auth, type: wordOr(auth, 'type', AUTH_TYPES, 'none') };
}

async function setConfig({ kind: _kind, value, isSecret, ...key }: SetConfig, tools: WriteTools): Promise<void> {
  const { writer, vault, author } = tools;
  const { by: setBy, at: setAt } = author;
  if (isSecret) await vault.put(writer, settingPlace(key), JSON.stringify(value), { setAt, setBy });
  else await vault.remove(writer, settingPlace(key));
  await writer.settings.put({ ...key, value: isSecret ? { kind: 'secret' } : { kind: 'plain', value }, setAt, setBy });
}

async function putMcpServer(
  { workspace, name, definition }: Extract<RuntimeChange, { kind: 'put_mcp_server' }>,
  tools: WriteTools,
): Promise<void> {
  const { document, secrets } = splitMcpServer(definition);
  await keepSecrets(tools, workspace, secrets, (pointer) => mcpServerSecretName(name, pointer));
  await tools.writer.mcpServers.put({
    workspace,
    name,
    definition: document,
    secrets: [...secrets.keys()],
    addedAt: tools.author.at,
    addedBy: tools.author.by,
  });
}

async function keepSecrets(
  { writer, vault, author }: WriteTools,
  workspace: string,
  secrets: ReadonlyMap<string, JsonValue>,
  nameOf: (pointer: string) => string,
): Promise<void> {
  const { by: setBy, at: setAt } = author;
  for (const [pointer, value] of secrets) {
    await vault.put(writer, { workspace, name: nameOf(pointer) }, JSON.stringify(value), { setAt, setBy });
  }
}

function settingPlace({ workspace, pack, key }: Pick<SetConfig, 'workspace' | 'pack' | 'key'>) {
  const name = settingSecretName({ pack, key });
  return workspace === undefined ? { name } : { workspace, name };
}
