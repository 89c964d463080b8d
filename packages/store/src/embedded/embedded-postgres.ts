import { randomBytes as systemRandomBytes } from 'node:crypto';
import { CapstanError, type Logger } from '@capstan/sdk';
import { findBinaries } from './binaries.ts';
import { hasCluster, prepareClusterFolder } from './cluster-folder.ts';
import { makeCluster } from './make-cluster.ts';
import { readOrMakePassword } from './password-file.ts';
import { reachableBinaries } from './reachable-binaries.ts';
import { refuseUnreachable, serverUser } from './server-user.ts';
import { Supervisor } from './supervisor.ts';

/** Options of {@link startEmbeddedPostgres}. */
export interface EmbeddedPostgresOptions {
  /** The data folder of the host, which no other process uses. */
  readonly folder: string;
  readonly logger?: Logger;
  readonly randomBytes?: (size: number) => Buffer;
}

/** A Postgres of our own. */
export interface EmbeddedPostgres {
  /** Of the database `capstan`, with the password: a secret. */
  readonly url: string;
  /** `adopted`: an earlier host left it running. */
  readonly origin: 'made' | 'started' | 'adopted';
  /** Of the server that runs now. */
  readonly pid: number;
  /** Ends it: at first it waits for its clients, then it ends them. Close what uses it before. */
  stop(): Promise<void>;
  /** Tells it to end without waiting for its clients, and does not wait for it: for a process that has no time left. */
  endNow(): void;
}

/**
 * Starts a Postgres in the data folder, or takes over the one that runs there.
 *
 * 1. A folder has one cluster, made whole or not at all, and one server.
 * 2. The server outlives a host that is killed; the next host takes it over.
 * 3. A server that ends by itself is started again, as often as the budget allows.
 * 4. Nothing listens on the network; the socket's folder is closed to others, and the server wants a password.
 * @throws CapstanError CAPSTAN_STORE_UNAVAILABLE when it cannot be started, CAPSTAN_CONFIG_INVALID when the folder cannot hold it.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { folder: path, logger, randomBytes = systemRandomBytes } = options;
  refuseWindows();
  const installed = findBinaries(process.platform, process.arch);
  const user = serverUser(process.getuid?.());
  const folder = prepareClusterFolder(path, user);
  if (user !== undefined) refuseUnreachable(folder.path, user, OTHER_FOLDER);
  const binaries = user === undefined ? installed : reachableBinaries(installed, folder, user);
  const isThere = hasCluster(folder);
  const password = readOrMakePassword(folder.passwordPath, isThere, randomBytes);
  if (!isThere) await makeCluster({ binaries, folder, password, user });
  const supervisor = new Supervisor({ binaries, folder, password, user, logger });
  const origin = await supervisor.start();
  return {
    url: supervisor.url,
    origin: isThere ? origin : 'made',
    get pid() {
      return supervisor.pid;
    },
    stop: () => supervisor.stop(),
    endNow: () => supervisor.endNow(),
  };
}

function refuseWindows(): void {
  if (process.platform !== 'win32') return;
  throw new CapstanError('CAPSTAN_STORE_UNAVAILABLE', 'the embedded database does not run on Windows', {
    hint: 'Name a Postgres of your own in CAPSTAN_DATABASE_URL.',
    retriable: false,
  });
}

const OTHER_FOLDER =
  'Put the data folder where every user may pass, such as CAPSTAN_DATA=/var/lib/capstan, run Capstan as another user than root, or name a Postgres of your own in CAPSTAN_DATABASE_URL.';
