import type { JsonValue } from '@capstan/sdk';

/** Results share their parts, so one of a few bytes may stand for gigabytes. */
const MAX_VALUES = 1_000_000;
const MAX_CHARACTERS = 20 * 1024 * 1024;
const MAX_DEPTH = 200;

/**
 * The JSON of what an expression gave: 64-bit integers as numbers where they fit, times as ISO 8601, bytes as base64.
 * @throws Error where there is no JSON for it, or too much.
 */
export function jsonOfResult(value: unknown): JsonValue {
  return new JsonWriter().write(value, 0);
}

/** A text as it is, everything else as JSON. */
export function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

class JsonWriter {
  #values = 0;
  #characters = 0;

  write(value: unknown, depth: number): JsonValue {
    this.#values += 1;
    if (this.#values > MAX_VALUES || depth > MAX_DEPTH) throw new Error('the result of the expression is too large');
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'boolean':
        return value;
      case 'number':
        return Number.isFinite(value) ? value : null;
      case 'bigint':
        return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
      case 'object':
        return this.#object(value, depth);
      default:
        throw new Error(`the expression gives a ${typeof value}, which is not JSON`);
    }
  }

  #text(value: string): string {
    this.#characters += value.length;
    if (this.#characters > MAX_CHARACTERS) throw new Error('the result of the expression is too large');
    return value;
  }

  #object(value: object | null, depth: number): JsonValue {
    if (value === null) return null;
    if (Array.isArray(value)) return value.map((item) => this.write(item, depth + 1));
    if (value instanceof Date) return value.toISOString();
    if (value instanceof Uint8Array) return this.#text(Buffer.from(value).toString('base64'));
    if (value instanceof Map) return this.#record(value, depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.#record(Object.entries(value), depth);
    throw new Error(`the expression gives a ${value.constructor.name}, which is not JSON`);
  }

  #record(entries: Iterable<readonly [unknown, unknown]>, depth: number): JsonValue {
    return Object.fromEntries(
      Array.from(entries, ([key, member]) => [this.#text(String(key)), this.write(member, depth + 1)]),
    );
  }
}
