import type { RequirementLevel, Verdict } from './requirement.ts';

/** What became of one requirement. */
export interface RequirementResult {
  readonly id: string;
  readonly title: string;
  readonly level: RequirementLevel;
  /** Where the contract says so: `docs/formats/remote-contract.md#errors`. */
  readonly source: string;
  readonly verdict: Verdict;
  readonly durationMs: number;
}

/**
 * What the run shows. `violates`: a `must` fails, or an `optional` that the service offers. `incomplete`: nothing fails, but a
 * `must` could not be checked. A `should` that fails changes nothing.
 */
export type Conclusion = 'conforms' | 'violates' | 'incomplete';

/** The outcome of a run of the kit. */
export interface ConformanceReport {
  readonly url: string;
  /** The tool that was called; absent where none was known. */
  readonly tool?: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly conclusion: Conclusion;
  readonly counts: { readonly passed: number; readonly failed: number; readonly skipped: number };
  readonly results: readonly RequirementResult[];
}

/** Draws the conclusion. */
export function concludeFrom(results: readonly Pick<RequirementResult, 'level' | 'verdict'>[]): Conclusion {
  const binding = results.filter(({ level }) => level !== 'should');
  if (binding.some(({ verdict }) => verdict.status === 'failed')) return 'violates';
  const isOpen = binding.some(({ level, verdict }) => level === 'must' && isNotChecked(verdict));
  return isOpen ? 'incomplete' : 'conforms';
}

function isNotChecked(verdict: Verdict): boolean {
  return verdict.status === 'skipped' && verdict.kind === 'not_checked';
}

/**
 * The exit code of a run, as of the `capstan` command: 0 conforms, 6 (the remote side failed) violates, 5 (needs
 * configuration: a tool and a sample) incomplete.
 */
export function exitCodeOfReport({ conclusion }: Pick<ConformanceReport, 'conclusion'>): 0 | 5 | 6 {
  return EXIT_CODES[conclusion];
}

const EXIT_CODES: Readonly<Record<Conclusion, 0 | 5 | 6>> = { conforms: 0, incomplete: 5, violates: 6 };
