import { randomBytes as systemRandomBytes } from 'node:crypto';
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createSecret } from '@capstan/schema';
import type { Logger, Secret } from '@capstan/sdk';
import { createVault, type MasterKeys, type SecretProvider, type SecretVault, type Store } from '@capstan/store';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@capstan/store/embedded';
import { describeDatabaseUrl, openPostgresStore } from '@capstan/store/postgres';
import { loadMasterKeys } from './master-key-file.ts';
import { openPatiently } from './open-patiently.ts';
import { sessionSecretOf } from './session-secret.ts';

/** What a server remembers, and where. */
export interface ServerState {
  readonly store: Store;
  readonly vault: SecretVault;
  /** Of the database, with its password: a secret. */
  readonly databaseUrl: string;
  /** For a person: where the database is. */
  readonly database: DatabaseDescription;
  /** Signs sessions; the same on all replicas. */
  readonly sessionSecret: Uint8Array;
  /** Held so that these values stay masked in everything that is logged. */
  readonly masked: readonly Secret[];
  /** Closes the store, then ends a database of its own. */
  close(): Promise<void>;
  /** For a process that has no time left: tells a database of its own to end, and waits for nothing. */
  endNow(): void;
}

export type DatabaseDescription =
  | { readonly kind: 'embedded'; readonly folder: string; readonly origin: EmbeddedPostgres['origin'] }
  /** Host, port and name; no user and no password. */
  | { readonly kind: 'external'; readonly place: string };

/** Options of {@link openState}. */
export interface StateOptions {
  /** The data folder, owned by this process. */
  readonly folder: string;
  /** `CAPSTAN_DATABASE_URL`. Absent or empty: a Postgres of its own in the data folder. */
  readonly databaseUrl?: string | undefined;
  /** `CAPSTAN_MASTER_KEY`. */
  readonly masterKey?: string | undefined;
  /** `CAPSTAN_MASTER_KEY_FILE`. */
  readonly masterKeyFile?: string | undefined;
  readonly providers?: readonly SecretProvider[];
  readonly logger: Logger;
  /** Tells a person something to act on. */
  readonly warn: (message: string) => void;
  readonly randomBytes?: (size: number) => Buffer;
}

/**
 * Opens the store of a server: tables up to date, secrets readable.
 * @throws CapstanError CAPSTAN_STORE_UNAVAILABLE, CAPSTAN_CONFIG_INVALID; what was opened until then is closed.
 */
export async function openState(options: StateOptions): Promise<ServerState> {
  const { folder, logger, randomBytes = systemRandomBytes } = options;
  await using stack = new AsyncDisposableStack();
  const { url, database, endNow } = await openDatabase(options, stack);
  const store = await openPatiently(() => openPostgresStore({ url, logger }), database.kind === 'external');
  stack.defer(() => store.close());
  const { keys, isNew } = loadMasterKeys(
    { text: options.masterKey, file: options.masterKeyFile, ownFile: join(folder, 'master-key') },
    randomBytes,
  );
  const vault = createVault({
    store,
    masterKeys: keys,
    ...(options.providers === undefined ? {} : { providers: options.providers }),
  });
  await vault.check();
  await finishRotation(keys, vault, logger);
  if (isNew) options.warn(newKeyWarning(folder));
  const sessionSecret = await sessionSecretOf(store, vault, randomBytes);
  const opened = stack.move();
  const masked = secretsOf(url, options.masterKey);
  return {
    store,
    vault,
    databaseUrl: url,
    database,
    sessionSecret,
    masked,
    close: () => opened.disposeAsync(),
    endNow,
  };
}

/** Several master keys are given while one takes over from another: what the new one encrypts, the old one need not open any more. */
async function finishRotation({ all, current }: MasterKeys, vault: SecretVault, logger: Logger): Promise<void> {
  if (all.length < 2) return;
  const dataKeys = await vault.rotateMasterKey();
  if (dataKeys > 0)
    logger.info('data keys are encrypted under another master key', { dataKeys, masterKey: current.fingerprint });
}

interface OpenedDatabase {
  readonly url: string;
  readonly database: DatabaseDescription;
  readonly endNow: () => void;
}

async function openDatabase(
  { databaseUrl, folder, logger, randomBytes }: StateOptions,
  stack: AsyncDisposableStack,
): Promise<OpenedDatabase> {
  if (databaseUrl !== undefined && databaseUrl !== '') {
    const database = { kind: 'external', place: describeDatabaseUrl(databaseUrl) } as const;
    return { url: databaseUrl, database, endNow: () => undefined };
  }
  letPass(folder);
  const server = await startEmbeddedPostgres({ folder, logger, ...(randomBytes === undefined ? {} : { randomBytes }) });
  stack.defer(() => server.stop());
  const database = { kind: 'embedded', folder: join(folder, 'postgres'), origin: server.origin } as const;
  return { url: server.url, database, endNow: () => server.endNow() };
}

function secretsOf(url: string, masterKey = ''): readonly Secret[] {
  const password = decodeURIComponent(new URL(url).password);
  return [password, ...masterKey.split(',')].filter((value) => value !== '').map((value) => createSecret(value));
}

/**
 * Root's database runs as nobody, who has to pass through the data folder to its own part of it: pass, not list, and
 * every file there is closed to others.
 */
function letPass(folder: string): void {
  if (process.getuid?.() !== 0) return;
  const { mode } = statSync(folder);
  if ((mode & 0o001) === 0) chmodSync(folder, 0o711);
}

function newKeyWarning(folder: string): string {
  return `CAPSTAN_MASTER_KEY is not set: a master key was made in ${join(folder, 'master-key')}. Keep a copy of it apart from the database; without it stored secrets cannot be read.`;
}
