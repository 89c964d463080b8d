import { type RawBuilder, sql } from 'kysely';
import type { WritableCollection } from '../collection.ts';
import { type CollectionSpec, labelOf, textOf } from '../collection-spec.ts';
import { alreadyThere } from '../conflicts.ts';
import { columnName } from './column-name.ts';
import type { Connection } from './database.ts';
import { attempt, isUniqueViolation, storeError } from './database-errors.ts';

/** Entities of one table: key columns and a document. */
export class PostgresCollection<Entity extends object, Key extends object> implements WritableCollection<Entity, Key> {
  readonly #spec: CollectionSpec<Entity, Key>;
  readonly #connection: Connection;
  readonly #onWrite: () => void;
  readonly #table: RawBuilder<unknown>;

  /** @param onWrite Told of every row that is written or removed. */
  constructor(spec: CollectionSpec<Entity, Key>, connection: Connection, onWrite: () => void) {
    this.#spec = spec;
    this.#connection = connection;
    this.#onWrite = onWrite;
    this.#table = sql.table(`capstan.${spec.name}`);
  }

  async get(key: Key): Promise<Entity | undefined> {
    const [row] = await this.#select(this.#whereKey(key));
    return row;
  }

  async list(filter: Partial<Key> = {}): Promise<readonly Entity[]> {
    const asked = this.#spec.key.filter((property) => textOf(filter, property) !== undefined);
    const conditions = asked.map((property) => equals(property, textOf(filter, property)));
    return this.#select(conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `));
  }

  async insert(entity: Entity): Promise<void> {
    const { rows } = await attempt(() =>
      sql`${this.#insertion(entity)} on conflict do nothing returning 1`.execute(this.#connection),
    );
    if (rows.length === 0) throw alreadyThere(this.#spec.name, labelOf(this.#spec, entity));
    this.#onWrite();
  }

  async put(entity: Entity): Promise<void> {
    const key = sql.join(this.#spec.key.map((property) => sql.ref(columnName(property))));
    const columns = [...this.#spec.columns.map(columnName), 'document'];
    const replaced = sql.join(columns.map((column) => sql`${sql.ref(column)} = ${sql.ref(`excluded.${column}`)}`));
    try {
      await sql`${this.#insertion(entity)} on conflict (${key}) do update set ${replaced}`.execute(this.#connection);
    } catch (error) {
      throw isUniqueViolation(error) ? alreadyThere(this.#spec.name, labelOf(this.#spec, entity)) : storeError(error);
    }
    this.#onWrite();
  }

  async remove(key: Key): Promise<boolean> {
    const { rows } = await attempt(() =>
      sql`delete from ${this.#table} where ${this.#whereKey(key)} returning 1`.execute(this.#connection),
    );
    if (rows.length > 0) this.#onWrite();
    return rows.length > 0;
  }

  async #select(condition: RawBuilder<unknown>): Promise<readonly Entity[]> {
    const order = sql.join(
      this.#spec.key.map((property) => sql`${sql.ref(columnName(property))} collate "C" nulls first`),
    );
    const { rows } = await attempt(() =>
      sql<{
        readonly document: Entity;
      }>`select document from ${this.#table} where ${condition} order by ${order}`.execute(this.#connection),
    );
    return rows.map(({ document }) => document);
  }

  #insertion(entity: Entity): RawBuilder<unknown> {
    const properties = [...this.#spec.key, ...this.#spec.columns];
    const columns = sql.join([...properties.map((property) => sql.ref(columnName(property))), sql.ref('document')]);
    const values = sql.join([
      ...properties.map((property) => textOf(entity, property) ?? null),
      JSON.stringify(entity),
    ]);
    return sql`insert into ${this.#table} (${columns}) values (${values})`;
  }

  #whereKey(key: Key): RawBuilder<unknown> {
    return sql.join(
      this.#spec.key.map((property) => equals(property, textOf(key, property))),
      sql` and `,
    );
  }
}

function equals(property: string, value: string | undefined): RawBuilder<unknown> {
  const column = sql.ref(columnName(property));
  return value === undefined ? sql`${column} is null` : sql`${column} = ${value}`;
}
