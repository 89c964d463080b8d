import { Client } from 'pg';
import { SUPERUSER } from './make-cluster.ts';

const DATABASE = 'capstan';

/** Where a cluster is reached. */
export interface ClusterAddress {
  readonly socketFolder: string;
  readonly password: string;
  /** Default: the one for Capstan. */
  readonly database?: string;
}

/** The socket's folder stands in the place of the host, percent-encoded (Postgres' "Connection URIs"). */
export function clusterUrl({ socketFolder, password, database = DATABASE }: ClusterAddress): string {
  return `postgresql://${SUPERUSER}:${password}@${encodeURIComponent(socketFolder)}/${database}`;
}

/** Makes the database for Capstan where it is not there. */
export async function ensureDatabase(address: ClusterAddress): Promise<void> {
  const client = new Client({ connectionString: clusterUrl({ ...address, database: 'postgres' }) });
  await client.connect();
  try {
    const { rows } = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (rows.length === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}
