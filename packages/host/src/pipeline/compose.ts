import type { InvocationOutcome } from '@capstan/sdk';
import { type Interceptor, type Invocation, type Next, PIPELINE } from './invocation.ts';

/**
 * Joins stages into one function, once. They run in the order of {@link PIPELINE} whatever order they are given in;
 * a stage that nobody supplies is left out.
 * @throws Error when two interceptors claim one stage.
 */
export function composePipeline(interceptors: readonly Interceptor[]): Next {
  const byStage = new Map(interceptors.map((interceptor) => [interceptor.stage, interceptor]));
  if (byStage.size !== interceptors.length) throw new Error('two interceptors claim one stage');
  return PIPELINE.toReversed().reduce<Next>((next, stage) => {
    const interceptor = byStage.get(stage);
    return interceptor ? (invocation) => interceptor.intercept(invocation, next) : next;
  }, endOfPipeline);
}

function endOfPipeline(invocation: Invocation): Promise<InvocationOutcome> {
  throw new Error(`no stage answered ${invocation.executionId}`);
}
