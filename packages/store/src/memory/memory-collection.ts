import type { Collection, WritableCollection } from '../collection.ts';
import { type CollectionSpec, labelOf, textOf } from '../collection-spec.ts';
import { alreadyThere } from '../conflicts.ts';

/** Entities by the text of their key. Entities go in and out as copies. */
type Rows<Entity> = ReadonlyMap<string, Entity>;

/** One collection, in two views: what is committed, and what the change under way makes of it. */
export class MemoryCollection<Entity extends object, Key extends object> implements Collection<Entity, Key> {
  readonly spec: CollectionSpec<Entity, Key>;
  readonly writer: WritableCollection<Entity, Key>;
  #committed: Rows<Entity> = new Map();
  #working: Map<string, Entity> | undefined;

  constructor(spec: CollectionSpec<Entity, Key>) {
    this.spec = spec;
    this.writer = {
      get: async (key) => this.#get(this.#current, key),
      list: async (filter) => this.#list(this.#current, filter),
      insert: async (entity) => {
        if (this.#current.has(this.#keyText(entity))) throw alreadyThere(this.spec.name, labelOf(this.spec, entity));
        this.#put(entity);
      },
      put: async (entity) => this.#put(entity),
      remove: async (key) => this.#current.has(this.#keyText(key)) && this.#forWriting().delete(this.#keyText(key)),
    };
  }

  /** Whether the change under way wrote here. */
  get isDirty(): boolean {
    return this.#working !== undefined;
  }

  async get(key: Key): Promise<Entity | undefined> {
    return this.#get(this.#committed, key);
  }

  async list(filter?: Partial<Key>): Promise<readonly Entity[]> {
    return this.#list(this.#committed, filter);
  }

  /** Removes, in the change under way, all that have a property of this value. @returns whether there were any. */
  removeWhere(property: string, value: string): void {
    for (const [key, entity] of [...this.#current]) {
      if (textOf(entity, property) === value) this.#forWriting().delete(key);
    }
  }

  /** Writes outside of changes. */
  amend(key: Key, next: (entity: Entity) => Entity): void {
    for (const rows of [this.#committed, this.#working]) {
      const entity = rows?.get(this.#keyText(key));
      if (entity === undefined) continue;
      if (rows === this.#working) this.#working?.set(this.#keyText(key), next(entity));
      else this.#committed = new Map(this.#committed).set(this.#keyText(key), next(entity));
    }
  }

  commit(): void {
    this.#committed = this.#current;
    this.#working = undefined;
  }

  rollback(): void {
    this.#working = undefined;
  }

  get #current(): Rows<Entity> {
    return this.#working ?? this.#committed;
  }

  #forWriting(): Map<string, Entity> {
    this.#working ??= new Map(this.#committed);
    return this.#working;
  }

  #get(rows: Rows<Entity>, key: Key): Entity | undefined {
    return structuredClone(rows.get(this.#keyText(key)));
  }

  #list(rows: Rows<Entity>, filter: Partial<Key> = {}): readonly Entity[] {
    const { key } = this.spec;
    const asked = key.filter((property) => textOf(filter, property) !== undefined);
    return [...rows]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .filter(([, entity]) => asked.every((property) => textOf(entity, property) === textOf(filter, property)))
      .map(([, entity]) => structuredClone(entity));
  }

  #put(entity: Entity): void {
    const key = this.#keyText(entity);
    this.#refuseDouble(entity, key);
    this.#forWriting().set(key, structuredClone(entity));
  }

  #refuseDouble(entity: Entity, key: string): void {
    const { unique, name } = this.spec;
    if (unique.length === 0) return;
    for (const [otherKey, other] of this.#current) {
      const isSame = unique.every((property) => textOf(other, property) === textOf(entity, property));
      if (otherKey !== key && isSame) throw alreadyThere(name, labelOf(this.spec, entity));
    }
  }

  #keyText(entity: Entity | Key): string {
    return JSON.stringify(this.spec.key.map((property) => textOf(entity, property) ?? ''));
  }
}
