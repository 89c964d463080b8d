import type { MutantHooks } from '../mutant.ts';
import { ACCESS_MUTANTS } from './access.ts';
import { ANSWER_MUTANTS } from './answers.ts';
import { BATCH_MUTANTS } from './batches.ts';
import type { MutatedService } from './edit.ts';
import { JOB_MUTANTS } from './jobs.ts';
import { OFFER_MUTANTS } from './offers.ts';
import { REPETITION_MUTANTS } from './repetition.ts';
import { REQUEST_MUTANTS } from './requests.ts';
import { STREAM_MUTANTS } from './streams.ts';

const ALL = [
  ...ACCESS_MUTANTS,
  ...ANSWER_MUTANTS,
  ...REQUEST_MUTANTS,
  ...OFFER_MUTANTS,
  ...REPETITION_MUTANTS,
  ...BATCH_MUTANTS,
  ...JOB_MUTANTS,
  ...STREAM_MUTANTS,
];

/** A service that is wrong in one way. */
export interface MutantFacts {
  readonly name: string;
  /** The one requirement that it breaks, by its id in docs/conformance.md. */
  readonly breaks: string;
}

/** Every mutant that the service can be started as. */
export const MUTANTS: readonly MutantFacts[] = ALL.map(({ name, breaks }) => ({ name, breaks }));

/** The hooks of a mutant for one service. Throws for a name that is none. */
export function createMutant(name: string, service: MutatedService): MutantHooks {
  const mutant = ALL.find((each) => each.name === name);
  if (mutant === undefined) throw new Error(`there is no mutant '${name}'`);
  return mutant.hooks(service);
}
