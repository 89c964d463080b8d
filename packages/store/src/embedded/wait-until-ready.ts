import { setTimeout as sleep } from 'node:timers/promises';
import { CapstanError } from '@capstan/sdk';
import { Client } from 'pg';
import type { ServerProcess } from './server-process.ts';

const POLL_MS = 20;

/** What {@link waitUntilReady} looks at. */
export interface ReadyParts {
  /** Of a database that is always there. */
  readonly url: string;
  readonly server: ServerProcess;
  /** Recovery after a crash takes its time. */
  readonly timeoutMs: number;
}

/** The last try's failure, or that the server ended. */
export type Readiness = { readonly kind: 'ready' } | { readonly kind: 'ended' };

/** @throws CapstanError CAPSTAN_STORE_UNAVAILABLE when the server neither answers nor ends in time. */
export async function waitUntilReady({ url, server, timeoutMs }: ReadyParts): Promise<Readiness> {
  let hasEnded = false;
  void server.ended.then(() => {
    hasEnded = true;
  });
  const limit = AbortSignal.timeout(timeoutMs);
  let reason = 'it did not answer';
  while (!limit.aborted) {
    if (hasEnded) return { kind: 'ended' };
    const failure = await tryConnection(url);
    if (failure === undefined) return { kind: 'ready' };
    reason = failure;
    await Promise.race([sleep(POLL_MS), server.ended]);
  }
  throw new CapstanError('CAPSTAN_STORE_UNAVAILABLE', `the embedded database does not get ready: ${reason}`, {
    hint: 'Read postgres.log in the data folder.',
  });
}

/** @returns why not. */
async function tryConnection(url: string): Promise<string | undefined> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  // What it says comes as the rejection too.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown';
  } finally {
    await client.end().catch(() => undefined);
  }
}
