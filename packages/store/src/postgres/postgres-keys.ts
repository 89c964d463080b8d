import { type Kysely, sql } from 'kysely';
import type { StoredKey } from '../entities/api-key.ts';
import type { KeyDirectory } from '../key-directory.ts';
import type { Database } from './database.ts';
import { attempt } from './database-errors.ts';

interface KeyRow {
  readonly document: StoredKey;
}

/** Finds keys through their indexes. */
export function postgresKeyDirectory(database: Kysely<Database>): KeyDirectory {
  return {
    async findByHash(hash) {
      const query = sql<KeyRow>`select document from capstan.keys where hash = ${hash}`;
      const { rows } = await attempt(() => query.execute(database));
      return rows[0]?.document;
    },
    async findByPrefix(prefix) {
      const query = sql<KeyRow>`select document from capstan.keys where prefix = ${prefix} order by id`;
      const { rows } = await attempt(() => query.execute(database));
      return rows.map(({ document }) => document);
    },
    async touch(uses) {
      if (uses.size === 0) return;
      // In the order of the ids: two replicas that touch the same keys must not lock them crosswise.
      const sorted = [...uses].sort(([one], [other]) => (one < other ? -1 : 1));
      const [ids, times] = [sorted.map(([id]) => id), sorted.map(([, at]) => at)];
      const query = sql`
        with used as (
          select keys.id, uses.at from capstan.keys
          join unnest(${ids}::text[], ${times}::bigint[]) as uses (id, at) on uses.id = keys.id
          order by keys.id for update of keys
        )
        update capstan.keys set document = jsonb_set(document::jsonb, '{lastUsedAt}', to_jsonb(used.at))::json
        from used where used.id = keys.id and coalesce((document ->> 'lastUsedAt')::bigint, 0) < used.at`;
      await attempt(() => query.execute(database));
    },
  };
}
