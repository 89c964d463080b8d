import { COLLECTIONS, type WritableCollections } from '../collections.ts';
import type { Connection } from './database.ts';
import { PostgresCollection } from './postgres-collection.ts';

/** All collections over one connection. @param onWrite Told of every row that is written or removed. */
export function postgresCollections(connection: Connection, onWrite: () => void): WritableCollections {
  return {
    tenants: new PostgresCollection(COLLECTIONS.tenants, connection, onWrite),
    workspaces: new PostgresCollection(COLLECTIONS.workspaces, connection, onWrite),
    members: new PostgresCollection(COLLECTIONS.members, connection, onWrite),
    keys: new PostgresCollection(COLLECTIONS.keys, connection, onWrite),
    enablements: new PostgresCollection(COLLECTIONS.enablements, connection, onWrite),
    pins: new PostgresCollection(COLLECTIONS.pins, connection, onWrite),
    names: new PostgresCollection(COLLECTIONS.names, connection, onWrite),
    connections: new PostgresCollection(COLLECTIONS.connections, connection, onWrite),
    settings: new PostgresCollection(COLLECTIONS.settings, connection, onWrite),
    mcpServers: new PostgresCollection(COLLECTIONS.mcpServers, connection, onWrite),
    policies: new PostgresCollection(COLLECTIONS.policies, connection, onWrite),
    secrets: new PostgresCollection(COLLECTIONS.secrets, connection, onWrite),
    dataKeys: new PostgresCollection(COLLECTIONS.dataKeys, connection, onWrite),
  };
}
