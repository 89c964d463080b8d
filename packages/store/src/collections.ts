import type { Collection, WritableCollection } from './collection.ts';
import type { CollectionSpec } from './collection-spec.ts';
import type { StoredKey } from './entities/api-key.ts';
import type { StoredConnection } from './entities/connection.ts';
import type { StoredEnablement } from './entities/enablement.ts';
import type { StoredName } from './entities/exposed-name.ts';
import type { StoredMcpServer } from './entities/mcp-server.ts';
import type { StoredMember } from './entities/member.ts';
import type { StoredPolicy } from './entities/policy.ts';
import type { StoredDataKey, StoredSecret } from './entities/secret.ts';
import type { StoredSetting } from './entities/system-setting.ts';
import type { StoredTenant } from './entities/tenant.ts';
import type { StoredToolPin } from './entities/tool-pin.ts';
import type { StoredWorkspace } from './entities/workspace.ts';

/** What each collection holds, and what it is found by. */
interface CollectionTypes {
  readonly tenants: Holds<StoredTenant, 'id'>;
  readonly workspaces: Holds<StoredWorkspace, 'slug'>;
  readonly members: Holds<StoredMember, 'workspace' | 'principal'>;
  readonly keys: Holds<StoredKey, 'id'>;
  readonly enablements: Holds<StoredEnablement, 'workspace' | 'pack'>;
  readonly pins: Holds<StoredToolPin, 'workspace' | 'toolId'>;
  readonly names: Holds<StoredName, 'workspace' | 'toolId'>;
  readonly connections: Holds<StoredConnection, 'workspace' | 'id'>;
  readonly settings: Holds<StoredSetting, 'workspace' | 'pack' | 'key'>;
  readonly mcpServers: Holds<StoredMcpServer, 'workspace' | 'name'>;
  readonly policies: Holds<StoredPolicy, 'workspace' | 'name'>;
  readonly secrets: Holds<StoredSecret, 'workspace' | 'name'>;
  readonly dataKeys: Holds<StoredDataKey, 'id'>;
}

interface Holds<Entity, Property extends keyof Entity> {
  readonly entity: Entity;
  readonly key: Pick<Entity, Property>;
}

export type CollectionName = keyof CollectionTypes;

/** The entity of a collection. */
export type EntityOf<Name extends CollectionName> = CollectionTypes[Name]['entity'];

/** What an entity of a collection is found by. */
export type KeyOf<Name extends CollectionName> = CollectionTypes[Name]['key'];

type Specs = { readonly [Name in CollectionName]: CollectionSpec<EntityOf<Name>, KeyOf<Name>> };

const PLAIN = { columns: [], unique: [] } as const;

/** All collections, once: the drivers and the removal of a workspace follow this list. */
export const COLLECTIONS: Specs = {
  tenants: { ...PLAIN, name: 'tenants', key: ['id'] },
  workspaces: { ...PLAIN, name: 'workspaces', key: ['slug'] },
  members: { ...PLAIN, name: 'members', key: ['workspace', 'principal'] },
  keys: { name: 'keys', key: ['id'], columns: ['workspace', 'prefix', 'hash'], unique: ['hash'] },
  enablements: { ...PLAIN, name: 'enablements', key: ['workspace', 'pack'] },
  pins: { ...PLAIN, name: 'pins', key: ['workspace', 'toolId'] },
  names: { name: 'names', key: ['workspace', 'toolId'], columns: ['name'], unique: ['workspace', 'name'] },
  connections: { ...PLAIN, name: 'connections', key: ['workspace', 'id'] },
  settings: { ...PLAIN, name: 'settings', key: ['workspace', 'pack', 'key'] },
  mcpServers: { ...PLAIN, name: 'mcp_servers', key: ['workspace', 'name'] },
  policies: { ...PLAIN, name: 'policies', key: ['workspace', 'name'] },
  secrets: { ...PLAIN, name: 'secrets', key: ['workspace', 'name'] },
  dataKeys: { name: 'data_keys', key: ['id'], columns: ['workspace'], unique: [] },
};

/** Every collection, to read. */
export type Collections = { readonly [Name in CollectionName]: Collection<EntityOf<Name>, KeyOf<Name>> };

/** Every collection, to write. */
export type WritableCollections = {
  readonly [Name in CollectionName]: WritableCollection<EntityOf<Name>, KeyOf<Name>>;
};

/** Collections that decide how a host behaves. Keys and secrets are asked for one by one. */
type SnapshotCollection = Exclude<CollectionName, 'keys' | 'secrets' | 'dataKeys'>;

/** All that decides how a host behaves, at one moment. */
export type StoredState = { readonly revision: number } & {
  readonly [Name in SnapshotCollection]: readonly EntityOf<Name>[];
};
