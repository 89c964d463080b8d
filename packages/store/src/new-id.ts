import { v7 } from 'uuid';

/** What an id stands for. */
export type IdPrefix = 'key' | 'con' | 'apr' | 'dek' | 'mem';

/** A prefixed UUIDv7 (RFC 9562), such as `key_0199…`: ids sort by the time of their making. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${v7()}`;
}
