import { randomBytes as systemRandomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { EnablementStore, ResultStore, TokenStore } from '@capstan/host';
import { CapstanError } from '@capstan/sdk';
import { writeFileAtomically } from './atomic-file.ts';
import { type BootstrapKeys, bootstrapKeys } from './bootstrap-keys.ts';
import { enablementFile } from './enablement-file.ts';
import { lockFolder } from './folder-lock.ts';
import { resultFolder } from './result-folder.ts';
import { removeServerFile, type ServerAddress, touchServerFile, writeServerFile } from './server-file.ts';
import { folderTokens } from './token-file.ts';

/** The folder in which a host keeps its state (`.capstan/`), owned by this process. */
export interface DataFolder {
  /** Absolute. */
  readonly path: string;
  readonly keys: BootstrapKeys;
  readonly keysPath: string;
  /** What commands enable while no server runs; a server takes it into its store. */
  readonly enablement: EnablementStore;
  readonly enablementPath: string;
  /** Holds one folder of audit records for each process that makes some: see {@link SERVER_CHAIN}. */
  readonly auditFolder: string;
  /** Grants of users' own accounts, encrypted. */
  readonly tokens: TokenStore;
  /** Large results, for an hour. */
  readonly results: ResultStore;
  /** Tells other processes where the server listens. */
  announce(address: ServerAddress): void;
  /** Dates the announcement anew: the settings were read again. */
  touch(): void;
  /** Takes the announcement back. */
  withdraw(): void;
  /** Gives the folder up. */
  close(): void;
}

/** Where the audit records are, in a data folder. */
export const AUDIT_FOLDER = 'audit';

/** The records of the process that owns the data folder, in its audit folder. */
export const SERVER_CHAIN = 'server';

/** Options of {@link openDataFolder}. */
export interface DataFolderOptions {
  readonly randomBytes?: (size: number) => Buffer;
}

/**
 * Opens a data folder, and makes it when it is not there: readable by its owner alone.
 * @throws CapstanError CAPSTAN_CONFLICT when another running process owns it, CAPSTAN_CONFIG_INVALID when a file in it is damaged.
 */
export function openDataFolder(path: string, options: DataFolderOptions = {}): DataFolder {
  const randomBytes = options.randomBytes ?? systemRandomBytes;
  const folder = resolve(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { mode, uid } = statSync(folder);
  refuseForeign(folder, uid);
  // To pass through is no harm, every file is closed, and a database that runs as somebody else has to.
  if ((mode & 0o066) !== 0) chmodSync(folder, 0o700);
  const unlock = lockFolder(folder, () => randomBytes(8).toString('hex'));
  try {
    removeServerFile(folder);
    ignoreByGit(folder);
    const keysPath = join(folder, 'keys.json');
    const enablementPath = join(folder, 'state.json');
    return {
      path: folder,
      keys: bootstrapKeys(keysPath, randomBytes),
      keysPath,
      enablement: enablementFile(enablementPath),
      enablementPath,
      auditFolder: join(folder, AUDIT_FOLDER),
      tokens: folderTokens(folder),
      results: resultFolder(join(folder, 'results')),
      announce: (address) => writeServerFile(folder, address),
      touch: () => touchServerFile(folder),
      withdraw: () => removeServerFile(folder),
      close: () => {
        removeServerFile(folder);
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Whoever owns the folder knows its keys, and can put others there. */
function refuseForeign(folder: string, uid: number): void {
  const own = process.getuid?.();
  if (own === undefined || uid === own) return;
  throw new CapstanError('CAPSTAN_CONFIG_INVALID', `the data folder ${folder} belongs to another user (uid ${uid})`, {
    hint: `Give it to the user that runs this (uid ${own}), or use another folder (CAPSTAN_DATA).`,
  });
}

/** Keys and audit records are not for a repository. */
function ignoreByGit(folder: string): void {
  const path = join(folder, '.gitignore');
  if (!existsSync(path)) writeFileAtomically(path, '*\n');
}
