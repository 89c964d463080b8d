import { setTimeout as sleep } from 'node:timers/promises';
import { isCapstanError } from '@capstan/sdk';
import type { Store } from '@capstan/store';

const TRIES = 20;
const PAUSE_MS = 500;

/** Opens a store whose database may start at the same time as this server, as it does where both are started together. */
export async function openPatiently(open: () => Promise<Store>, isPatient: boolean): Promise<Store> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await open();
    } catch (error) {
      const mayHelp = isPatient && tries < TRIES && isCapstanError(error) && error.retriable;
      if (!mayHelp) throw error;
      await sleep(PAUSE_MS);
    }
  }
}
