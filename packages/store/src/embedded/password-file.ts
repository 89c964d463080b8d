import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { CapstanError } from '@capstan/sdk';

/** The password of the superuser: made once, readable by this process' user alone. */
export function readOrMakePassword(path: string, hasCluster: boolean, randomBytes: (size: number) => Buffer): string {
  if (existsSync(path)) return readPassword(path);
  if (hasCluster) throw lost(path);
  const password = randomBytes(24).toString('base64url');
  // Fails rather than following a link that somebody put there.
  writeFileSync(path, `${password}\n`, { mode: 0o600, flag: 'wx', flush: true });
  return password;
}

function readPassword(path: string): string {
  const password = readFileSync(path, 'utf8').trim();
  if (password !== '') return password;
  throw lost(path);
}

function lost(path: string): CapstanError {
  return new CapstanError('CAPSTAN_CONFIG_INVALID', `the password of the embedded database is gone (${path})`, {
    hint: 'Restore the file from a backup of the data folder.',
  });
}
