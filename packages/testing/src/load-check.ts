import type { Host, InvokeRequest } from '@capstan/host';
import type { InvocationOutcome } from '@capstan/sdk';

/** How many calls are made, and how many at once. */
export interface LoadCheckOptions {
  readonly calls: number;
  readonly concurrency: number;
  /** The request of one call, from 0. */
  readonly request: (index: number) => InvokeRequest;
}

/** What became of the calls. */
export interface LoadCheck {
  readonly outcomes: readonly InvocationOutcome[];
  readonly succeeded: number;
  /** How often each code of an error came, by code. */
  readonly codes: Readonly<Record<string, number>>;
}

/** Makes many calls, several at once: does a pack hold together, does every call end exactly once. It measures no time. */
export async function loadCheck(
  host: Pick<Host, 'invoke'>,
  { calls, concurrency, request }: LoadCheckOptions,
): Promise<LoadCheck> {
  const outcomes = new Array<InvocationOutcome>(calls);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next; index < calls; index = next) {
      next += 1;
      outcomes[index] = await host.invoke(request(index));
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, calls) }, work));
  const codes = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error.code] : []));
  return {
    outcomes,
    succeeded: outcomes.filter(({ status }) => status === 'succeeded').length,
    codes: Object.fromEntries([...Map.groupBy(codes, (code) => code)].map(([code, each]) => [code, each.length])),
  };
}
