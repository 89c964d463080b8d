import { type DocumentPath, suggest } from '@capstan/schema';
import { checkAuth } from './check-auth.ts';
import { itemsOf, type JsonNode, memberOf, membersOf, textsOf } from './json-node.ts';
import { describePath, type SettingFinding } from './setting-finding.ts';

interface Connection {
  readonly path: DocumentPath;
  readonly workspace: string;
  readonly id: JsonNode;
  readonly name: JsonNode;
  readonly pack: JsonNode;
  readonly url: JsonNode;
  readonly auth: JsonNode;
  /** What is enabled in its workspace. */
  readonly enabled: readonly string[];
}

/** Connections against each other and against their workspaces. */
export function checkConnections(root: JsonNode): readonly SettingFinding[] {
  const all = membersOf(memberOf(root, 'workspaces')).flatMap(([id, workspace]) => connectionsOf(id, workspace));
  return all.flatMap((connection, index) => [
    ...checkIdentity(connection, all.slice(0, index)),
    ...checkPack(connection),
    ...checkUrl(connection),
    ...checkAuth([...connection.path, 'auth'], connection.auth),
  ]);
}

function connectionsOf(workspace: string, node: JsonNode): readonly Connection[] {
  const enabled = textsOf(memberOf(node, 'packs')).map(([, name]) => name);
  return itemsOf(memberOf(node, 'connections')).map((connection, index) => ({
    path: ['workspaces', workspace, 'connections', index],
    workspace,
    id: memberOf(connection, 'id'),
    name: memberOf(connection, 'name'),
    pack: memberOf(connection, 'pack'),
    url: memberOf(connection, 'remote_cluster_url'),
    auth: memberOf(connection, 'auth'),
    enabled,
  }));
}

/** An id is unique in the host; a call may name a connection by its name too, so that is unique in its workspace. */
function checkIdentity(connection: Connection, earlier: readonly Connection[]): readonly SettingFinding[] {
  const { id, name, path, workspace } = connection;
  if (typeof id === 'string' && id.startsWith('system.')) return [reserved(path, id)];
  const sameId = earlier.find((other) => typeof id === 'string' && other.id === id);
  if (sameId) return [duplicate([...path, 'id'], `the id '${String(id)}'`, sameId)];
  const inWorkspace = earlier.filter((other) => other.workspace === workspace);
  const sameName = inWorkspace.find((other) => wordsOf(other).some((word) => wordsOf(connection).includes(word)));
  if (!sameName) return [];
  const field = typeof name === 'string' ? 'name' : 'id';
  return [duplicate([...path, field], `the name '${String(name ?? id)}'`, sameName)];
}

/** What a call may name a connection by. */
function wordsOf({ id, name }: Connection): readonly JsonNode[] {
  return [id, name].filter((word) => typeof word === 'string');
}

function duplicate(path: DocumentPath, what: string, other: Connection): SettingFinding {
  return {
    code: 'CAPSTAN_SETTINGS_DUPLICATE_CONNECTION',
    path,
    message: `${what} is taken by ${describePath(other.path)}`,
    hint: 'Ids are unique in a host, names and ids together in a workspace: a call names a connection by either.',
  };
}

function reserved(path: DocumentPath, id: string): SettingFinding {
  return {
    code: 'CAPSTAN_SETTINGS_RESERVED_CONNECTION',
    path: [...path, 'id'],
    message: `the id '${id}' begins with 'system.', which the host keeps for connections that it derives`,
    hint: 'Choose another id.',
  };
}

/** Only a warning: a pack may be enabled while the host runs. */
function checkPack({ pack, path, workspace, enabled }: Connection): readonly SettingFinding[] {
  if (typeof pack !== 'string' || enabled.includes(pack)) return [];
  const meant = suggest(pack, enabled);
  return [
    {
      code: 'CAPSTAN_SETTINGS_PACK_NOT_ENABLED',
      severity: 'warning',
      path: [...path, 'pack'],
      message: `the pack '${pack}' is not enabled in workspace '${workspace}', so this connection serves nothing`,
      hint: meant === undefined ? `Add it to workspaces.${workspace}.packs.` : `Did you mean '${meant}'?`,
    },
  ];
}

/** A URL with references in it can be judged only after they are resolved. */
function checkUrl({ url, path }: Connection): readonly SettingFinding[] {
  if (typeof url !== 'string' || url === '' || /\$\{|^env:|^file:/.test(url)) return [];
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return [];
  return [
    {
      code: 'CAPSTAN_SETTINGS_INVALID_URL',
      path: [...path, 'remote_cluster_url'],
      message: `'${describePath([...path, 'remote_cluster_url'])}' is no http or https URL`,
      hint: 'Write it whole, such as https://line.example.com.',
    },
  ];
}
