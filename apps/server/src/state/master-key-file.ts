import { chmodSync, existsSync, readFileSync, statSync } from 'node:fs';
import { CapstanError } from '@capstan/sdk';
import { type MasterKeys, readMasterKeys } from '@capstan/store';
import { writeFileAtomically } from '../data-folder/atomic-file.ts';

/** Where a master key may come from. */
export interface MasterKeySources {
  /** `CAPSTAN_MASTER_KEY`: wins. */
  readonly text?: string | undefined;
  /** `CAPSTAN_MASTER_KEY_FILE`: read when there is no text. */
  readonly file?: string | undefined;
  /** Made, readable by its owner alone, when there is neither. */
  readonly ownFile: string;
}

/** The master keys, and whether one was made just now. */
export interface LoadedMasterKeys {
  readonly keys: MasterKeys;
  readonly isNew: boolean;
}

/** @throws CapstanError CAPSTAN_CONFIG_INVALID for a key that is none, and for a file that is not there. */
export function loadMasterKeys(sources: MasterKeySources, randomBytes: (size: number) => Buffer): LoadedMasterKeys {
  const { text, file, ownFile } = sources;
  if (text !== undefined && text.trim() !== '') return { keys: readMasterKeys(text), isNew: false };
  if (file !== undefined && file !== '') return { keys: readMasterKeys(readNamed(file)), isNew: false };
  if (existsSync(ownFile)) return { keys: readMasterKeys(readOwn(ownFile)), isNew: false };
  const made = randomBytes(32).toString('base64');
  writeFileAtomically(ownFile, `${made}\n`);
  return { keys: readMasterKeys(made), isNew: true };
}

function readNamed(path: string): string {
  try {
    return onOneLine(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new CapstanError('CAPSTAN_CONFIG_INVALID', `the file of the master key cannot be read: ${path}`, {
      hint: 'Correct CAPSTAN_MASTER_KEY_FILE, or let the user of this process read it.',
      cause,
    });
  }
}

function readOwn(path: string): string {
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  return onOneLine(readFileSync(path, 'utf8'));
}

/** A key a line: the current one first, others that are still accepted after it. */
function onOneLine(text: string): string {
  return text.trim().split(/\s+/).join(',');
}
