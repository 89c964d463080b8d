export { FAULT_GRAMMAR } from './fault-grammar.ts';
export type { Fault, FaultCall, FaultOutcome, FaultPlan } from './faults.ts';
export { MUTANTS, type MutantFacts } from './mutants/mutants.ts';
export { type ExampleService, type ExampleServiceOptions, startExampleService } from './start.ts';
export type { ServiceState } from './tally.ts';
