import type { Ajv, KeywordDefinition } from 'ajv';

const UNIQUE_ITEMS: KeywordDefinition = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  error: { message: 'must NOT have duplicate items' },
  compile: (isWanted: boolean) => (items: readonly unknown[]) => !isWanted || areUnique(items),
};

/** Ajv compares every object of a list with every other; a long list of arguments would hold up the host for minutes. */
export function useLinearUniqueItems(engine: Ajv): void {
  engine.removeKeyword('uniqueItems');
  engine.addKeyword(UNIQUE_ITEMS);
}

function areUnique(items: readonly unknown[]): boolean {
  const seen = new Set<string>();
  for (const item of items) {
    const form = canonical(item);
    if (seen.has(form)) return false;
    seen.add(form);
  }
  return true;
}

/** Equal values of JSON have the same form: members in the order of their names, and 1 is 1.0. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const members = Object.keys(value)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonical(Reflect.get(value, key))}`);
  return `{${members.join(',')}}`;
}
