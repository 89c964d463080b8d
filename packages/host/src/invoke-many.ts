/** Runs jobs, at most `maxWorkers` at once; results in the order of the jobs. Jobs do not throw. */
export async function runBounded<Item, Result>(
  items: readonly Item[],
  maxWorkers: number,
  job: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results = new Array<Result>(items.length);
  const entries = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of entries) results[index] = await job(item);
  };
  await Promise.all(Array.from({ length: Math.min(maxWorkers, items.length) }, work));
  return results;
}
