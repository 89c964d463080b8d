/** At least this many runs, as the project asks of its properties. */
const RUNS = 1_000;

/** Parameters of one property: a fresh seed, printed, so that a failure can be run again. */
export function propertyRun(name: string): { readonly numRuns: number; readonly seed: number } {
  const seed = Date.now() ^ (Math.random() * 0x100000000);
  process.stdout.write(`property "${name}": ${RUNS} runs, seed ${seed}\n`);
  return { numRuns: RUNS, seed };
}
