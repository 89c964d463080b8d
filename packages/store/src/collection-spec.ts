/** How a driver finds the entities of a collection. Its properties are texts, or absent. */
export interface CollectionSpec<Entity, Key> {
  readonly name: string;
  /** Properties that make the key. */
  readonly key: readonly (keyof Key & string)[];
  /** Properties beside the key that are looked for. */
  readonly columns: readonly (keyof Entity & string)[];
  /** Properties that no two entities have the same together, beside the key. */
  readonly unique: readonly (keyof Entity & string)[];
}

/** A property that finds an entity; undefined for what belongs to the whole host. */
export function textOf(entity: object, property: string): string | undefined {
  const value: unknown = Reflect.get(entity, property);
  return typeof value === 'string' ? value : undefined;
}

/** How an entity is named in messages: the last part of its key, which is never a secret. */
export function labelOf<Entity extends object, Key>(spec: CollectionSpec<Entity, Key>, entity: Entity): string {
  return textOf(entity, spec.key.at(-1) ?? '') ?? '';
}
