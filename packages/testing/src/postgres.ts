import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@capstan/store/embedded';

/** A real Postgres for tests, with a folder of its own. */
export interface TestPostgres {
  /** The URL of a database there, as the superuser. `postgres` is there from the start. */
  url(database: string): string;
  /** Ends the server and removes its folder. */
  close(): Promise<void>;
}

/** Starts a Postgres of the binaries that Capstan brings; it takes about a second. Close it when the tests are over. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-test-postgres-'));
  // Run by root, the server is another user, who has to pass.
  chmodSync(folder, 0o711);
  const server = await startEmbeddedPostgres({ folder });
  return {
    url: (database) => server.url.replace(/\/[^/]*$/, `/${encodeURIComponent(database)}`),
    async close() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
