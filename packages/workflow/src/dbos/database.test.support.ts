import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@capstan/sdk';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@capstan/store/embedded';
import { Client } from 'pg';

/** A Postgres of a test. */
export interface TestPostgres {
  /** Makes an empty database and gives its URL. */
  database(): Promise<string>;
  readonly server: EmbeddedPostgres;
  stop(): Promise<void>;
}

/** Starts a Postgres for the tests of one file. */
export async function startPostgres(): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-workflow-'));
  // The server's user has to pass through when root runs the tests.
  chmodSync(folder, 0o711);
  const server = await startEmbeddedPostgres({ folder });
  return {
    server,
    database: async () => {
      const name = `w_${randomUUID().replaceAll('-', '')}`;
      const client = new Client({ connectionString: server.url });
      await client.connect();
      await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      return url.toString();
    },
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Says nothing. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
