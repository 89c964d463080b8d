import type { InvocationResult } from '@capstan/sdk';

/** The `meta` key under which a program finds the run that a call started and that is not over. */
const RUN_META_KEY = 'capstan/run_id';

/** What a workflow tool gives in place of its result while the run goes on. */
export function runHandle(runId: string): InvocationResult {
  return { value: { run_id: runId, state: 'running' }, meta: { [RUN_META_KEY]: runId } };
}

/** The run that a result stands for; undefined for a result that is one. */
export function runIdIn({ meta }: InvocationResult): string | undefined {
  const runId = meta?.[RUN_META_KEY];
  return typeof runId === 'string' ? runId : undefined;
}
