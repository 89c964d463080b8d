import { createCipheriv, createDecipheriv, randomBytes as systemRandomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TokenStore } from '@capstan/host';
import { CapstanError } from '@capstan/sdk';
import { writeFileAtomically } from './atomic-file.ts';

/** Where the grants of users' accounts are kept, and the key that opens them. */
export interface TokenFileOptions {
  readonly path: string;
  /** Beside the file by default, so keep one of the two out of a backup that others can read. */
  readonly keyPath: string;
  readonly randomBytes?: (size: number) => Buffer;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ALGORITHM = 'aes-256-gcm';

/**
 * Keeps grants in a file of mode 0600, each encrypted (AES-256-GCM) and bound to its connection: a record that was moved
 * to another one does not open. Neither file is there before the first grant.
 */
export function openTokenFile({ path, keyPath, randomBytes = systemRandomBytes }: TokenFileOptions): TokenStore {
  const change = (edit: (grants: Record<string, string>) => void): void => {
    const grants = { ...readGrants(path) };
    edit(grants);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileAtomically(path, `${JSON.stringify({ version: 1, grants }, undefined, 2)}\n`);
  };
  return {
    load: async (key) => {
      const sealed = readGrants(path)[key];
      return sealed === undefined ? undefined : unseal(sealed, { key, secret: readKey(keyPath), path });
    },
    save: async (key, grant) => {
      const secret = existsSync(keyPath) ? readKey(keyPath) : makeKey(keyPath, randomBytes);
      change((grants) => {
        grants[key] = seal(grant, { key, secret, nonce: randomBytes(NONCE_BYTES) });
      });
    },
    remove: async (key) => {
      if (Object.hasOwn(readGrants(path), key)) change((grants) => void delete grants[key]);
    },
  };
}

/** The grants of a data folder; it need not be owned: every change is one step, and the file is read before it. */
export function folderTokens(folder: string): TokenStore {
  return openTokenFile({ path: join(folder, 'tokens.json'), keyPath: join(folder, 'tokens.key') });
}

function seal(text: string, { key, secret, nonce }: { key: string; secret: Buffer; nonce: Buffer }): string {
  const cipher = createCipheriv(ALGORITHM, secret, nonce).setAAD(Buffer.from(key));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
}

function unseal(text: string, { key, secret, path }: { key: string; secret: Buffer; path: string }): string {
  const bytes = Buffer.from(text, 'base64');
  try {
    const decipher = createDecipheriv(ALGORITHM, secret, bytes.subarray(0, NONCE_BYTES))
      .setAAD(Buffer.from(key))
      .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const opened = [decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()];
    return Buffer.concat(opened).toString('utf8');
  } catch (cause) {
    throw damaged(path, `the grant of ${key} does not open with this key`, cause);
  }
}

function readKey(path: string): Buffer {
  const key = existsSync(path) ? Buffer.from(readFileSync(path, 'utf8').trim(), 'base64') : Buffer.alloc(0);
  if (key.length === KEY_BYTES) return key;
  throw damaged(path, 'the key of the grants is not there');
}

function makeKey(path: string, randomBytes: (size: number) => Buffer): Buffer {
  const key = randomBytes(KEY_BYTES);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileAtomically(path, `${key.toString('base64')}\n`);
  return key;
}

function readGrants(path: string): Readonly<Record<string, string>> {
  if (!existsSync(path)) return {};
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const grants = typeof value === 'object' && value !== null && 'grants' in value ? value.grants : undefined;
    if (isGrants(grants)) return grants;
  } catch (cause) {
    throw damaged(path, 'it is not JSON', cause);
  }
  throw damaged(path, 'it does not hold grants');
}

function isGrants(value: unknown): value is Readonly<Record<string, string>> {
  return typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string');
}

function damaged(path: string, what: string, cause?: unknown): CapstanError {
  return new CapstanError('CAPSTAN_CONFIG_INVALID', `${path} cannot be used: ${what}`, {
    hint: 'Restore tokens.json and tokens.key together, or delete both and connect the accounts again.',
    cause,
  });
}
