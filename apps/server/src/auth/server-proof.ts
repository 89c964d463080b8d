import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

const NONCE = /^[\w-]{16,128}$/;

/**
 * What a server answers to show that it knows a key, without the key: HMAC-SHA256 over the asker's nonce, keyed with the
 * SHA-256 of the key. Only for keys of 256 random bits, since anybody may ask. Undefined for what is no nonce.
 */
export function serverProof(key: string, nonce: string): string | undefined {
  if (!NONCE.test(nonce)) return undefined;
  return createHmac('sha256', createHash('sha256').update(key).digest()).update(nonce).digest('base64url');
}

/** Whether an answer shows knowledge of a key. */
export function isServerProof(proof: unknown, key: string, nonce: string): boolean {
  const expected = serverProof(key, nonce);
  if (expected === undefined || typeof proof !== 'string') return false;
  const [given, wanted] = [Buffer.from(proof), Buffer.from(expected)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
