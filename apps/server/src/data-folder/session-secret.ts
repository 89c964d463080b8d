import { hkdfSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CapstanError } from '@capstan/sdk';
import { writeFileAtomically } from './atomic-file.ts';

const SECRET_BYTES = 32;
/** Says what the secret is for: nothing else is derived with it. */
const PURPOSE = 'capstan session tokens, version 1';
const FILE = 'session.key';

/** Where the secret of sessions comes from. */
export interface SessionSecretOptions {
  /** `CAPSTAN_MASTER_KEY`: replicas that share it take each other's sessions. */
  readonly masterKey: string | undefined;
  /** Without a master key the secret lies here, for the owner alone. */
  readonly folder: string;
  readonly randomBytes: (size: number) => Buffer;
}

/** The secret that signs sessions: derived from the master key (HKDF-SHA256, RFC 5869), else made once and kept. */
export function sessionSecret({ masterKey, folder, randomBytes }: SessionSecretOptions): Uint8Array {
  if (masterKey !== undefined && masterKey !== '') {
    return new Uint8Array(hkdfSync('sha256', masterKey, '', PURPOSE, SECRET_BYTES));
  }
  const path = join(folder, FILE);
  if (!existsSync(path)) writeFileAtomically(path, `${randomBytes(SECRET_BYTES).toString('base64')}\n`);
  const secret = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
  if (secret.length === SECRET_BYTES) return secret;
  throw new CapstanError('CAPSTAN_CONFIG_INVALID', `${path} does not hold a secret of ${SECRET_BYTES} bytes`, {
    hint: 'Delete the file: sessions that were made with it end, and a new one is made.',
  });
}
