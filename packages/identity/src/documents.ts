/** Fetches a JSON document, through whatever guards outward requests. Rejects where it cannot be had. */
export type FetchDocument = (url: string) => Promise<unknown>;

/** A member of what may be an object. */
export function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}
