import { RE2JS } from 're2js';

/** A pattern that runs in time linear in its input. */
export interface LinearPattern {
  test(input: string): boolean;
}

const MAX_PATTERN_LENGTH = 5_000;

/**
 * Compiles a pattern of a schema (ECMA 262 syntax) for the linear-time engine.
 *
 * @throws Error where the engine cannot express it (look-around, back references) or it is no pattern at all.
 */
export function linearPattern(pattern: string): LinearPattern {
  if (pattern.length > MAX_PATTERN_LENGTH) throw new Error(`longer than ${MAX_PATTERN_LENGTH} characters`);
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
  return { test: (input) => compiled.test(input) };
}

/** Why the linear-time engine cannot run a pattern; `undefined` where it can. */
export function patternProblem(pattern: string): string | undefined {
  try {
    linearPattern(pattern);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
