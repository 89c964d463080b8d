import { randomBytes as systemRandomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { EnablementStore, ResultStore, TokenStore } from '@capstan/host';
import { type BootstrapKeys, bootstrapKeys } from './bootstrap-keys.ts';
import { enablementFile } from './enablement-file.ts';
import { lockFolder } from './folder-lock.ts';
import { resultFolder } from './result-folder.ts';
import { removeServerFile, type ServerAddress, writeServerFile } from './server-file.ts';
import { folderTokens } from './token-file.ts';

/** The folder in which a host keeps its state (`.capstan/`), owned by this process. */
export interface DataFolder {
  /** Absolute. */
  readonly path: string;
  readonly keys: BootstrapKeys;
  readonly keysPath: string;
  /** What was enabled at run time. */
  readonly enablement: EnablementStore;
  readonly auditPath: string;
  /** Grants of users' own accounts, encrypted. */
  readonly tokens: TokenStore;
  /** Large results, for an hour. */
  readonly results: ResultStore;
  /** Tells other processes where the server listens. */
  announce(address: ServerAddress): void;
  /** Takes the announcement back. */
  withdraw(): void;
  /** Gives the folder up. */
  close(): void;
}

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
  if ((statSync(folder).mode & 0o077) !== 0) chmodSync(folder, 0o700);
  const unlock = lockFolder(folder, () => randomBytes(8).toString('hex'));
  try {
    removeServerFile(folder);
    const keysPath = join(folder, 'keys.json');
    return {
      path: folder,
      keys: bootstrapKeys(keysPath, randomBytes),
      keysPath,
      enablement: enablementFile(join(folder, 'state.json')),
      auditPath: join(folder, 'audit.jsonl'),
      tokens: folderTokens(folder),
      results: resultFolder(join(folder, 'results')),
      announce: (address) => writeServerFile(folder, address),
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
