import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { base62 } from './base62.ts';

/*
 * `cap_` prefix `_` secret checksum, in digits and letters:
 *   prefix    10 characters; public, names the key to support and finds it in the store
 *   secret    43 characters; 256 random bits
 *   checksum   6 characters; CRC-32 of all before it: tells a paste that was cut short from a wrong key, and is no secret
 */
const PREFIX_BYTES = 7;
const PREFIX_LENGTH = 10;
const SECRET_BYTES = 32;
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;
const WHOLE = /^cap_([0-9A-Za-z]{10})_[0-9A-Za-z]{49}$/;
const CUT = /^cap_(?:[0-9A-Za-z]{0,10}|[0-9A-Za-z]{10}_[0-9A-Za-z]*)$/;
const FOREIGN_DIGITS = 16;

/** A key at the one moment when all of it is known. */
export interface MintedToken {
  /** Shown once, kept nowhere. */
  readonly token: string;
  readonly prefix: string;
  readonly digest: string;
}

/** What a text looks like, before anything is looked up. */
export type TokenReading =
  /** Ours, and whole: it may be a key. */
  | { readonly kind: 'minted'; readonly prefix: string }
  /** Begins like ours, and its checksum does not fit. */
  | { readonly kind: 'damaged' }
  /** A value that somebody chose, or a token of another kind. */
  | { readonly kind: 'foreign' };

/** Makes a key that nobody has. */
export function mintToken(randomBytes: (size: number) => Uint8Array): MintedToken {
  const prefix = base62(randomBytes(PREFIX_BYTES), PREFIX_LENGTH).slice(0, PREFIX_LENGTH);
  const body = `cap_${prefix}_${base62(randomBytes(SECRET_BYTES), SECRET_LENGTH)}`;
  const token = body + checksumOf(body);
  return { token, prefix, digest: digestOf(token) };
}

/** Reads the form of a token; asks nobody. */
export function readToken(token: string): TokenReading {
  const prefix = WHOLE.exec(token)?.[1];
  if (prefix === undefined) return { kind: CUT.test(token) ? 'damaged' : 'foreign' };
  const isSound = token.endsWith(checksumOf(token.slice(0, -CHECKSUM_LENGTH)));
  return isSound ? { kind: 'minted', prefix } : { kind: 'damaged' };
}

/**
 * What is kept of a key: SHA-256 in hexadecimal. A fast hash is right for 256 random bits, where there is nothing to
 * guess; a slow one would cost each request what it costs an attacker.
 */
export function digestOf(token: string): string {
  return hash('sha256', token, 'hex');
}

/** By what a key is found: its public prefix; for a value that somebody chose, the beginning of its digest. */
export function prefixOf(token: string, digest: string = digestOf(token)): string {
  const reading = readToken(token);
  return reading.kind === 'minted' ? reading.prefix : `sha256:${digest.slice(0, FOREIGN_DIGITS)}`;
}

/** Keys and sessions in a text, without what makes them valid; the public prefix of a key stays. */
export function maskTokens(text: string): string {
  if (!text.includes('cap')) return text;
  return text
    .replaceAll(/\b(cap_[0-9A-Za-z]{10}_)[0-9A-Za-z]{20,}/g, '$1●●●●')
    .replaceAll(/\bcaps_[\w.-]{20,}/g, 'caps_●●●●');
}

function checksumOf(text: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return base62(bytes, CHECKSUM_LENGTH);
}
