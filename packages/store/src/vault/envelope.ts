import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { CapstanError } from '@capstan/sdk';

/*
 * An envelope is: version (1 byte), nonce (12), tag (16), ciphertext; AES-256-GCM (NIST SP 800-38D), in base64.
 * What it belongs to is authenticated with it: an envelope that is moved to another workspace or name does not open.
 */
const ALGORITHM = 'aes-256-gcm';
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

/** Of AES-256. */
export const KEY_BYTES = 32;

/** @param belongsTo Parts that name the place of the plaintext; the same ones open it. */
export function seal(key: Buffer, plaintext: Buffer, belongsTo: readonly string[]): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(contextOf(belongsTo));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([Buffer.from([VERSION]), nonce, cipher.getAuthTag(), ciphertext]).toString('base64');
}

/** @throws CapstanError CAPSTAN_CONFIG_INVALID when it is damaged, moved, or of another key. */
export function open(key: Buffer, envelope: string, belongsTo: readonly string[]): Buffer {
  const bytes = Buffer.from(envelope, 'base64');
  if (bytes.length < HEADER_BYTES || bytes[0] !== VERSION) throw unreadable(belongsTo);
  const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
  const tag = bytes.subarray(1 + NONCE_BYTES, HEADER_BYTES);
  try {
    const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(contextOf(belongsTo)).setAuthTag(tag);
    return Buffer.concat([decipher.update(bytes.subarray(HEADER_BYTES)), decipher.final()]);
  } catch {
    // The reason is always the same: the tag does not fit.
    throw unreadable(belongsTo);
  }
}

/** As JSON: no two lists of parts give the same bytes. */
function contextOf(parts: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify(parts));
}

function unreadable(belongsTo: readonly string[]): CapstanError {
  return new CapstanError('CAPSTAN_CONFIG_INVALID', `what is encrypted does not open: ${belongsTo.join(' ')}`, {
    hint: 'It was damaged or moved. Set the secret again, or restore the database together with its master key.',
  });
}
