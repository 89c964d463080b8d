import { chmodSync, readFileSync, statSync } from 'node:fs';
import { mintToken } from '@capstan/identity';
import { CapstanError } from '@capstan/sdk';
import { writeFileAtomically } from './atomic-file.ts';

/** The two keys that a data folder is born with. The one secret that `capstan start` shows. */
export interface BootstrapKeys {
  /** May do everything, in all workspaces. */
  readonly admin: string;
  /** Calls tools in the workspace `default`. */
  readonly agent: string;
}

/** Reads the keys of a data folder, or makes them the first time. A file that is there is never rewritten. For the owner of the folder only. */
export function bootstrapKeys(path: string, randomBytes: (size: number) => Buffer): BootstrapKeys {
  const known = readKeys(path);
  if (known) return known;
  const keys = { admin: mintToken(randomBytes).token, agent: mintToken(randomBytes).token };
  writeFileAtomically(path, `${JSON.stringify(keys, undefined, 2)}\n`);
  return keys;
}

function readKeys(path: string): BootstrapKeys | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  const keys = parseKeys(text);
  if (keys) return keys;
  throw new CapstanError('CAPSTAN_CONFIG_INVALID', `${path} does not hold the keys "admin" and "agent"`, {
    hint: 'Restore the file, or delete it to get new keys; clients then need the new ones.',
  });
}

function parseKeys(text: string): BootstrapKeys | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Reported by the caller, with the path.
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('admin' in value) || !('agent' in value)) return undefined;
  const { admin, agent } = value;
  if (typeof admin !== 'string' || typeof agent !== 'string' || admin === '' || agent === '') return undefined;
  return admin === agent ? undefined : { admin, agent };
}
