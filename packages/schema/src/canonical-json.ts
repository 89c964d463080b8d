/**
 * A value as JSON with the keys of every object in one order (by UTF-16 code units, as in RFC 8785): equal values give
 * equal texts. What JSON cannot carry is `null`, members that are undefined are left out.
 * @throws RangeError for what is nested too deep for the stack, TypeError for a BigInt.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${Array.from(value, canonicalJson).join(',')}]`;
  if ('toJSON' in value && typeof value.toJSON === 'function') return canonicalJson(value.toJSON());
  const members: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const member: unknown = Reflect.get(value, key);
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(member)}`);
  }
  return `{${members.join(',')}}`;
}
