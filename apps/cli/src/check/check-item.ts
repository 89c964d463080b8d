/** How an item stands. `warn`: it works, and somebody should decide whether it is meant so. */
export type Verdict = 'pass' | 'warn' | 'fail';

/** One line of a check: what was looked at, and what was seen there. */
export interface CheckItem {
  readonly name: string;
  readonly verdict: Verdict;
  /** What was seen: numbers and names, never the value of a secret. */
  readonly evidence: string;
  /** What to do; only where something is not as it should be. */
  readonly hint?: string;
}

export function pass(name: string, evidence: string): CheckItem {
  return { name, verdict: 'pass', evidence };
}

export function warn(name: string, evidence: string, hint: string): CheckItem {
  return { name, verdict: 'warn', evidence, hint };
}

export function fail(name: string, evidence: string, hint: string): CheckItem {
  return { name, verdict: 'fail', evidence, hint };
}

const NAMED = 5;

/** Some names of many: `a, b and 3 more`. */
export function named(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).join(', ');
  return names.length > NAMED ? `${shown} and ${names.length - NAMED} more` : shown;
}

/** `1 tool`, `2 tools`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
