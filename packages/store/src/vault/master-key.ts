import { createHash } from 'node:crypto';
import { CapstanError } from '@capstan/sdk';
import { KEY_BYTES } from './envelope.ts';

/** The key that encrypts data keys. It is held in memory alone. */
export interface MasterKey {
  /** Tells keys apart, and tells nothing about them. */
  readonly fingerprint: string;
  readonly key: Buffer;
}

/** The first one encrypts; all of them decrypt, as long as a rotation lasts. */
export interface MasterKeys {
  readonly current: MasterKey;
  readonly all: readonly MasterKey[];
}

/**
 * Reads `CAPSTAN_MASTER_KEY`: 32 random bytes in base64 or hex, or several such, separated by commas, the current one first.
 * @throws CapstanError CAPSTAN_CONFIG_INVALID for anything else, without showing it.
 */
export function readMasterKeys(text: string): MasterKeys {
  const all = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(readMasterKey);
  const [current] = all;
  if (current === undefined) throw unusable();
  return { current, all };
}

const HEX = /^[0-9a-f]{64}$/i;
const BASE64 = /^[\w+/-]{43}=?$/;

function readMasterKey(text: string): MasterKey {
  const key = HEX.test(text) ? Buffer.from(text, 'hex') : Buffer.from(BASE64.test(text) ? text : '', 'base64');
  if (key.length !== KEY_BYTES || isUniform(key)) throw unusable();
  return { key, fingerprint: createHash('sha256').update('capstan master key').update(key).digest('hex').slice(0, 16) };
}

/** All zeros, or a repeated letter: a placeholder that nobody replaced. */
function isUniform(key: Buffer): boolean {
  return key.every((byte) => byte === key[0]);
}

function unusable(): CapstanError {
  return new CapstanError('CAPSTAN_CONFIG_INVALID', 'the master key is not 32 random bytes in base64 or hex', {
    hint: 'Make one with "openssl rand -base64 32" and give it as CAPSTAN_MASTER_KEY.',
  });
}
