/** An object of a document: its members have not been looked at. */
export type Fields = { readonly [key: string]: unknown };

/** Whether a value of a document is an object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member of an object, where it is its own. */
export function member(fields: Fields, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

/** A copy of an object with one member set, in its place where it had one; also where it is called `__proto__`. */
export function withMember(fields: Fields, key: string, value: unknown): Fields {
  if (member(fields, key) === value) return fields;
  const entries = Object.entries(fields);
  if (!Object.hasOwn(fields, key)) return Object.fromEntries([...entries, [key, value]]);
  return Object.fromEntries(entries.map(([other, kept]) => [other, other === key ? value : kept]));
}

/** An object with every member changed that `change` gives another value for; the object itself where it changes none. */
export function mapMembers(fields: Fields, change: (value: unknown, key: string) => unknown): Fields {
  let changed = false;
  const entries = Object.entries(fields).map(([key, value]): [string, unknown] => {
    const other = change(value, key);
    changed ||= other !== value;
    return [key, other];
  });
  return changed ? Object.fromEntries(entries) : fields;
}

/** A list with every member changed that `change` gives another value for; the list itself where it changes none. */
export function mapList(
  list: readonly unknown[],
  change: (value: unknown, index: number) => unknown,
): readonly unknown[] {
  const changed = list.map(change);
  return changed.some((value, index) => value !== list[index]) ? changed : list;
}

/** A copy of an object without one member. */
export function withoutMember(fields: Fields, key: string): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([other]) => other !== key));
}

/** The text at a key; `undefined` where there is none. */
export function textAt(fields: Fields, key: string): string | undefined {
  const value = member(fields, key);
  return typeof value === 'string' ? value : undefined;
}

/** The finite number at a key. */
export function numberAt(fields: Fields, key: string): number | undefined {
  const value = member(fields, key);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The boolean at a key. */
export function booleanAt(fields: Fields, key: string): boolean | undefined {
  const value = member(fields, key);
  return typeof value === 'boolean' ? value : undefined;
}

/** The object at a key. */
export function fieldsAt(fields: Fields, key: string): Fields | undefined {
  const value = member(fields, key);
  return isFields(value) ? value : undefined;
}

/** The list at a key; empty where there is none. */
export function listAt(fields: Fields, key: string): readonly unknown[] {
  const value = member(fields, key);
  return Array.isArray(value) ? value : [];
}

/** The texts of the list at a key. */
export function textsAt(fields: Fields, key: string): readonly string[] {
  return listAt(fields, key).filter((value) => typeof value === 'string');
}
