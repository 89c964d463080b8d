/** Where a value stands: an offset for a scalar, and for a collection also where its members stand. */
export type Place = number | CollectionPlace;

/** Where a mapping or a sequence and its members stand. Arrays instead of maps: there is one for every collection of every manifest. */
export interface CollectionPlace {
  readonly start: number;
  /** The keys of a mapping in their order, absent for a sequence. */
  readonly keys?: readonly string[];
  readonly keyStarts?: readonly number[];
  readonly members: readonly Place[];
}

/** The offset of a path, of its last key where asked for, or of the nearest ancestor that exists. */
export function offsetOf(root: Place, path: readonly (string | number)[], part: 'key' | 'value'): number {
  let place = root;
  for (const [depth, step] of path.entries()) {
    if (typeof place === 'number') return place;
    const index = place.keys ? place.keys.indexOf(String(step)) : Number(step);
    const member = place.members[index];
    if (member === undefined) return place.start;
    const keyStart = place.keyStarts?.[index];
    if (part === 'key' && depth === path.length - 1 && keyStart !== undefined) return keyStart;
    place = member;
  }
  return typeof place === 'number' ? place : place.start;
}
