import type { CedarValueJson } from '@cedar-policy/cedar-wasm/nodejs';

/** Arguments as Cedar sees them, or the pointer of what it cannot see. */
export type ArgumentReading =
  | { readonly ok: true; readonly value: Record<string, CedarValueJson> }
  | { readonly ok: false; readonly pointer: string; readonly what: string };

/** Keys by which Cedar's JSON means entities and functions: data must never become one. */
const ESCAPES: ReadonlySet<string> = new Set(['__entity', '__extn', '__expr']);
const MAX_DEPTH = 32;

class Inexpressible extends Error {
  readonly pointer: string;
  constructor(pointer: string, what: string) {
    super(what);
    this.pointer = pointer;
  }
}

/**
 * The arguments that policies read, as Cedar values. Cedar has no null, no fractions and no integers beyond 2^53; where
 * one stands in an argument that a policy reads, nobody can decide, and that is a denial. Arguments that no policy reads
 * are not looked at.
 */
export function cedarArguments(given: object, names: ReadonlySet<string>): ArgumentReading {
  const value: Record<string, CedarValueJson> = {};
  try {
    for (const [name, argument] of Object.entries(given)) {
      if (names.has(name)) value[name] = cedarValue(argument, `/${name}`, 0);
    }
    return { ok: true, value };
  } catch (error) {
    if (error instanceof Inexpressible) return { ok: false, pointer: error.pointer, what: error.message };
    throw error;
  }
}

function cedarValue(value: unknown, pointer: string, depth: number): CedarValueJson {
  if (depth > MAX_DEPTH) throw new Inexpressible(pointer, 'is nested too deep');
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return value;
    throw new Inexpressible(pointer, 'is not a whole number that policies can compare');
  }
  if (Array.isArray(value)) return value.map((item, index) => cedarValue(item, `${pointer}/${index}`, depth + 1));
  if (typeof value === 'object' && value !== null) return cedarRecord(value, pointer, depth);
  throw new Inexpressible(pointer, 'is null');
}

function cedarRecord(value: object, pointer: string, depth: number): CedarValueJson {
  const record: Record<string, CedarValueJson> = {};
  for (const [key, member] of Object.entries(value)) {
    if (ESCAPES.has(key) || key === '__proto__') throw new Inexpressible(`${pointer}/${key}`, 'has a reserved name');
    record[key] = cedarValue(member, `${pointer}/${key}`, depth + 1);
  }
  return record;
}
