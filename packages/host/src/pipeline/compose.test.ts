import { expect, test } from 'vitest';
import { composePipeline } from './compose.ts';
import { type Interceptor, type Invocation, PIPELINE, type Stage } from './invocation.ts';

function noting(stage: Stage, seen: Stage[]): Interceptor {
  return {
    stage,
    intercept(invocation, next) {
      seen.push(stage);
      if (stage !== 'execute') return next(invocation);
      return Promise.resolve({ status: 'succeeded', executionId: invocation.executionId, result: { value: null } });
    },
  };
}

const invocation: Invocation = {
  request: { tool: 'x' },
  executionId: 'exe_1',
  principal: { id: 'p', roles: [], permissions: [] },
  workspaceId: 'default',
  surface: 'in_process',
  arguments: {},
  startedAt: 0,
  tool: undefined,
  connectionId: undefined,
  decision: undefined,
  cacheUse: undefined,
  attempts: 0,
  traceparent: undefined,
};

test('the order of the stages is pinned: a change of it is a decision, not an accident', () => {
  expect(PIPELINE).toEqual([
    'trace',
    'audit',
    'resolve',
    'authorize',
    'rate_limit',
    'validate',
    'approve',
    'store_result',
    'fallback',
    'cache',
    'validate_output',
    'breaker',
    'execute',
  ]);
});

test('stages run in the pinned order, whatever order they are given in', async () => {
  const seen: Stage[] = [];
  await composePipeline(PIPELINE.toReversed().map((stage) => noting(stage, seen)))(invocation);
  expect(seen).toEqual([...PIPELINE]);
});

test('a stage that nobody supplies is left out', async () => {
  const seen: Stage[] = [];
  await composePipeline([noting('execute', seen), noting('audit', seen)])(invocation);
  expect(seen).toEqual(['audit', 'execute']);
});

test('two interceptors for one stage are refused', () => {
  expect(() => composePipeline([noting('cache', []), noting('cache', [])])).toThrow('two interceptors');
});
