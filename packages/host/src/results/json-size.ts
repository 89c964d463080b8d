/**
 * Whether a JSON value is written in more than `limit` characters, roughly. It looks at no more of the value than it
 * must, so that small results, which is most of them, cost next to nothing.
 */
export function isLargerThan(value: unknown, limit: number): boolean {
  return remaining(value, limit) < 0;
}

const NUMBER_LENGTH = 8;

function remaining(value: unknown, limit: number): number {
  if (limit < 0) return limit;
  if (typeof value === 'string') return limit - value.length - 2;
  if (typeof value !== 'object' || value === null) return limit - NUMBER_LENGTH;
  let rest = limit - 2;
  if (Array.isArray(value)) {
    for (const item of value) {
      rest = remaining(item, rest - 1);
      if (rest < 0) return rest;
    }
    return rest;
  }
  for (const key in value) {
    rest = remaining(Reflect.get(value, key), rest - key.length - 4);
    if (rest < 0) return rest;
  }
  return rest;
}
