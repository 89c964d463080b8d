import { afterAll, expect, test } from 'vitest';
import type { WorkflowEngine } from '../engine.ts';
import { describeEngine } from '../run/engine.contract.test.support.ts';
import { startOf, TestTools } from '../run/run-kit.test.support.ts';
import { createMemoryEngine } from './memory-engine.ts';

const engines: WorkflowEngine[] = [];

afterAll(async () => {
  for (const engine of engines) await engine.close();
});

async function open(tools: TestTools): Promise<WorkflowEngine> {
  const engine = createMemoryEngine({ maxEnded: 5 });
  engines.push(engine);
  await engine.open(tools.call);
  return engine;
}

describeEngine(open);

test('runs that ended are forgotten, the oldest first', async () => {
  const engine = await open(new TestTools({ echo: () => null }));
  const ids: string[] = [];
  for (let n = 0; n < 8; n += 1) {
    const runId = await engine.start(startOf('steps: [{ id: a, tool: echo }]'));
    await engine.result({ workspace: 'default', runId });
    ids.push(runId);
  }
  const { items } = await engine.list({ workspace: 'default' });
  expect(items.map(({ id }) => id)).toEqual(ids.slice(3).toReversed());
});

test('an engine that closes cancels what still runs', async () => {
  const engine = await open(new TestTools({}));
  const runId = await engine.start(startOf('steps: [{ id: a, delay_ms: 60000 }]'));
  await engine.close();
  expect(await engine.result({ workspace: 'default', runId })).toMatchObject({ state: 'cancelled' });
});
