export { describeDatabaseUrl } from './database-url.ts';
export { openPostgresStore, type PostgresStoreOptions } from './open-postgres-store.ts';
