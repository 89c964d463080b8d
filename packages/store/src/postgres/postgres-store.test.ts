import { afterAll, beforeAll, describe } from 'vitest';
import { describeStore } from '../contract/store-contract.test.support.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../embedded/embedded-postgres.ts';
import { makeDataFolder } from '../test-kit/data-folder.test.support.ts';
import { type ExternalServer, startExternalServer } from '../test-kit/external-server.test.support.ts';
import { freshDatabase } from '../test-kit/fresh-databases.test.support.ts';
import { openPostgresStore } from './open-postgres-store.ts';

describe('embedded', () => {
  const folder = makeDataFolder();
  let server: EmbeddedPostgres;
  beforeAll(async () => {
    server = await startEmbeddedPostgres({ folder: folder.path });
  });
  afterAll(async () => {
    await server.stop();
    folder.remove();
  });
  describeStore('embedded Postgres', async () => openPostgresStore({ url: await freshDatabase(server.url) }));
});

describe('external', () => {
  let server: ExternalServer;
  beforeAll(async () => {
    server = await startExternalServer();
  });
  afterAll(() => server.remove());
  describeStore('external Postgres', async () => openPostgresStore({ url: await freshDatabase(server.url) }));
});
