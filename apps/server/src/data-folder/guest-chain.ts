import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CapstanError, isCapstanError } from '@capstan/sdk';
import { lockFolder } from './folder-lock.ts';

/** Commands on one data folder at the same time. */
const MAX_GUESTS = 64;

/** A chain of audit records that one process has for itself. */
export interface GuestChain {
  readonly path: string;
  /** Gives it to the next command. */
  release(): void;
}

/**
 * Finds a chain for a command that runs beside the owner of a data folder: the first of `cli-1`, `cli-2` … that no
 * running process has, so that there are no more chains than commands ran at once.
 * @throws CapstanError CAPSTAN_CONFLICT when all are taken.
 */
export function claimGuestChain(auditFolder: string): GuestChain {
  for (let number = 1; number <= MAX_GUESTS; number += 1) {
    const path = join(auditFolder, `cli-${number}`);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const release = tryLock(path);
    if (release !== undefined) return { path, release };
  }
  throw new CapstanError('CAPSTAN_CONFLICT', `more than ${MAX_GUESTS} commands use ${auditFolder} at once`, {
    hint: 'Wait until some of them are over, or start a server and let them talk to it.',
  });
}

function tryLock(path: string): (() => void) | undefined {
  try {
    return lockFolder(path, () => randomBytes(8).toString('hex'));
  } catch (error) {
    if (isCapstanError(error) && error.code === 'CAPSTAN_CONFLICT') return undefined;
    throw error;
  }
}
