import type { JsonObject, JsonValue } from '@capstan/sdk';
import { sql } from 'kysely';
import type { StoreChange } from '../store.ts';
import type { Connection } from './database.ts';

/** Every database has its own: other hosts on the same server hear nothing. */
export const CHANNEL = 'capstan_changes';

/** Tells all replicas, once the transaction is committed. */
export async function notify(connection: Connection, change: StoreChange): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${JSON.stringify(change)})`.execute(connection);
}

/** Whoever may connect may notify: what is no change of ours is none. */
export function readChange(payload: string | undefined): StoreChange | undefined {
  const value = parse(payload);
  if (value?.kind === 'state' && typeof value.revision === 'number') return { kind: 'state', revision: value.revision };
  if (value?.kind === 'approval' && typeof value.id === 'string') return { kind: 'approval', id: value.id };
  return undefined;
}

function parse(payload: string | undefined): JsonObject | undefined {
  try {
    const value: JsonValue = JSON.parse(payload ?? '');
    return isObject(value) ? value : undefined;
  } catch {
    // Not written by us.
    return undefined;
  }
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
