import { randomBytes } from 'node:crypto';
import { closeSync, constants, fchmodSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Replaces a file as one step, readable by its owner alone. What a reader or a crash meets is the old file or the new one. */
export function writeFileAtomically(path: string, text: string): void {
  // Under a name that nobody can have put a link at.
  const draft = `${path}.${randomBytes(8).toString('hex')}.new`;
  const file = openSync(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    fchmodSync(file, 0o600);
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
  syncFolder(dirname(path));
}

/** Makes a rename durable. */
function syncFolder(path: string): void {
  // Windows opens no folders, and keeps renames by itself.
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
