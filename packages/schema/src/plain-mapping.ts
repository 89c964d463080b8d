import type { Place } from './place.ts';

/** A mapping in the making: plain data, and the places of its keys and values. */
export class PlainMapping {
  readonly value: Record<string, unknown> = {};
  readonly place: { start: number; keys: string[]; keyStarts: number[]; members: Place[] };
  #inherited: Set<string> | undefined;

  constructor(start: number) {
    this.place = { start, keys: [], keyStarts: [], members: [] };
  }

  /** Adds a member. False where the key is there already; the first one stays. */
  add(key: string, keyStart: number, value: unknown, place: Place): boolean {
    if (this.#inherited?.delete(key)) {
      this.value[key] = value;
      this.#placeAt(this.place.keys.indexOf(key), keyStart, place);
      return true;
    }
    if (Object.hasOwn(this.value, key)) return false;
    // An assignment to `__proto__` would set the prototype instead of a member.
    if (key === '__proto__') Object.defineProperty(this.value, key, { value, ...OPEN });
    else this.value[key] = value;
    this.place.keys.push(key);
    this.place.keyStarts.push(keyStart);
    this.place.members.push(place);
    return true;
  }

  /** Takes over the members of a merged mapping, which any member of its own overrides. */
  inherit(merged: object, place: Place): void {
    for (const [key, value] of Object.entries(merged)) {
      if (key === '__proto__' || Object.hasOwn(this.value, key)) continue;
      const start = typeof place === 'number' ? place : place.start;
      this.add(key, start, value, start);
      this.#inherited ??= new Set();
      this.#inherited.add(key);
    }
  }

  #placeAt(index: number, keyStart: number, place: Place): void {
    this.place.keyStarts[index] = keyStart;
    this.place.members[index] = place;
  }
}

const OPEN = { writable: true, enumerable: true, configurable: true } as const;
