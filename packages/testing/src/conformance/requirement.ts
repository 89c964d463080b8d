import type { Bench } from './bench.ts';

/** How binding a requirement is. `optional`: nobody need offer it; who does must offer it like this. */
export type RequirementLevel = 'must' | 'should' | 'optional';

/** What a check found. */
export type Verdict = { readonly status: 'passed' } | FailedVerdict | Skipped;

/** It does not hold. */
export interface FailedVerdict {
  readonly status: 'failed';
  readonly reason: string;
  /** The last body that the check sent, for people: cut where it is long. */
  readonly sent?: string;
}

/** A check that was not made. `not_offered`: there is nothing to check. `not_checked`: there would be. */
export interface Skipped {
  readonly status: 'skipped';
  readonly kind: 'not_offered' | 'not_checked';
  readonly reason: string;
}

/** One sentence of the contract that can be checked from outside. */
export interface Requirement {
  /** `CONTRACT-AUTH-1`; never used again for something else. */
  readonly id: string;
  /** What holds, as a sentence. */
  readonly title: string;
  readonly level: RequirementLevel;
  /** The section of docs/formats/remote-contract.md, as an anchor. */
  readonly section: string;
  /** Requirements without which this one says nothing: when one of them fails, this is not checked. */
  readonly needs: readonly string[];
  /** Checked last, because it looks at every answer of the run. */
  readonly isAboutAllAnswers?: boolean;
  readonly check: (bench: Bench) => Promise<Verdict>;
}

/** It holds. */
export const passed: Verdict = Object.freeze({ status: 'passed' });

/** It does not; the reason says what was sent, what came back, and what should have. */
export function failed(reason: string): Verdict {
  return { status: 'failed', reason };
}

/** There is nothing to check. */
export function notOffered(reason: string): Skipped {
  return { status: 'skipped', kind: 'not_offered', reason };
}

/** There is something, but it cannot be checked like this. */
export function notChecked(reason: string): Skipped {
  return { status: 'skipped', kind: 'not_checked', reason };
}

/** The first failure, else the first verdict. */
export function firstFailure(verdicts: readonly Verdict[]): Verdict {
  return verdicts.find(({ status }) => status === 'failed') ?? verdicts[0] ?? passed;
}
