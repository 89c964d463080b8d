import type { InvocationResult } from '@capstan/sdk';
import { isLargerThan } from '../results/json-size.ts';
import type { ToolEntry } from '../workspace/tool-entry.ts';
import { digestOf, questionOf } from './call-identity.ts';
import type { Invocation } from './invocation.ts';

/** A result as it was once. */
export interface LastGood {
  readonly result: InvocationResult;
  /** In ms since the epoch. */
  readonly at: number;
}

interface Kept extends LastGood {
  /** A tool that was enabled anew, perhaps changed, does not answer with results of its former self. */
  readonly tool: ToolEntry;
}

const MAX_ENTRIES = 500;
const MAX_ENTRY_CHARACTERS = 128 * 1024;

/** The last good results of tools with `fallback: stale`; the least recently used give way. */
export class LastGoodResults {
  readonly #kept = new Map<string, Kept>();

  find(invocation: Invocation): LastGood | undefined {
    const key = keyOf(invocation);
    const kept = this.#kept.get(key);
    if (kept === undefined || kept.tool !== invocation.tool) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept;
  }

  keep(invocation: Invocation, result: InvocationResult, at: number): void {
    const { tool } = invocation;
    if (tool === undefined || isLargerThan(result, MAX_ENTRY_CHARACTERS)) return;
    const key = keyOf(invocation);
    this.#kept.delete(key);
    this.#kept.set(key, { result, at, tool });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_ENTRIES && oldest !== undefined) this.#kept.delete(oldest);
  }
}

/** The connection that the call used, and its question. */
function keyOf(invocation: Invocation): string {
  return digestOf([invocation.connectionId ?? '', questionOf(invocation)]);
}
