/** Entities of one kind, found by their key. */
export interface Collection<Entity, Key> {
  get(key: Key): Promise<Entity | undefined>;
  /** In the order of their keys. @param filter Equal in these properties of the key; absent: all. */
  list(filter?: Partial<Key>): Promise<readonly Entity[]>;
}

/** A collection inside {@link Store.change}. */
export interface WritableCollection<Entity, Key> extends Collection<Entity, Key> {
  /** @throws CapstanError CAPSTAN_CONFLICT when there is one of this key. */
  insert(entity: Entity): Promise<void>;
  /** Inserts or replaces. @throws CapstanError CAPSTAN_CONFLICT when something unique belongs to another entity. */
  put(entity: Entity): Promise<void>;
  /** Whether there was one. */
  remove(key: Key): Promise<boolean>;
}
