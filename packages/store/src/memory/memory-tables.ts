import {
  COLLECTIONS,
  type CollectionName,
  type EntityOf,
  type KeyOf,
  type WritableCollections,
} from '../collections.ts';
import { MemoryCollection } from './memory-collection.ts';

export type MemoryTables = { readonly [Name in CollectionName]: MemoryCollection<EntityOf<Name>, KeyOf<Name>> };

/** Empty tables, but for the tenant that always exists. */
export function makeMemoryTables(now: number): MemoryTables {
  const tenants = new MemoryCollection(COLLECTIONS.tenants);
  void tenants.writer.put({ id: 'default', name: 'default', createdAt: now });
  tenants.commit();
  return {
    tenants,
    workspaces: new MemoryCollection(COLLECTIONS.workspaces),
    members: new MemoryCollection(COLLECTIONS.members),
    keys: new MemoryCollection(COLLECTIONS.keys),
    enablements: new MemoryCollection(COLLECTIONS.enablements),
    pins: new MemoryCollection(COLLECTIONS.pins),
    names: new MemoryCollection(COLLECTIONS.names),
    connections: new MemoryCollection(COLLECTIONS.connections),
    settings: new MemoryCollection(COLLECTIONS.settings),
    mcpServers: new MemoryCollection(COLLECTIONS.mcpServers),
    policies: new MemoryCollection(COLLECTIONS.policies),
    secrets: new MemoryCollection(COLLECTIONS.secrets),
    dataKeys: new MemoryCollection(COLLECTIONS.dataKeys),
  };
}

/** The view for the change under way. */
export function writersOf(tables: MemoryTables): WritableCollections {
  return {
    tenants: tables.tenants.writer,
    workspaces: tables.workspaces.writer,
    members: tables.members.writer,
    keys: tables.keys.writer,
    enablements: tables.enablements.writer,
    pins: tables.pins.writer,
    names: tables.names.writer,
    connections: tables.connections.writer,
    settings: tables.settings.writer,
    mcpServers: tables.mcpServers.writer,
    policies: tables.policies.writer,
    secrets: tables.secrets.writer,
    dataKeys: tables.dataKeys.writer,
  };
}
