/** How deep a value may be nested to be checked or redacted. Whatever follows a value by recursion is safe up to here. */
export const MAX_VALUE_DEPTH = 256;

/** Whether a value is nested deeper than {@link MAX_VALUE_DEPTH}; a cycle is. */
export function isTooDeep(value: unknown, levels: number = MAX_VALUE_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) return value.some((item) => isTooDeep(item, levels - 1));
  for (const key in value) if (isTooDeep(Reflect.get(value, key), levels - 1)) return true;
  return false;
}

/** How many characters of a name weigh as much as a value: names stand in the pointer of every problem below them. */
const NAME_UNIT = 16;

/** Whether a value that is not too deep holds more than so many values. Stops counting there. */
export function isLargerThan(value: unknown, limit: number): boolean {
  return countUpTo(value, limit) > limit;
}

function countUpTo(value: unknown, limit: number): number {
  if (typeof value !== 'object' || value === null) return 1;
  const isList = Array.isArray(value);
  let count = 1;
  for (const key in value) {
    count += (isList ? 0 : Math.floor(key.length / NAME_UNIT)) + countUpTo(Reflect.get(value, key), limit - count);
    if (count > limit) break;
  }
  return count;
}
