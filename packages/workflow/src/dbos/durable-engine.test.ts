import { DBOS } from '@dbos-inc/dbos-sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WorkflowEngine } from '../engine.ts';
import { describeEngine } from '../run/engine.contract.test.support.ts';
import type { CallTool } from '../run/run-environment.ts';
import { startOf, TestTools } from '../run/run-kit.test.support.ts';
import { silent, startPostgres, type TestPostgres } from './database.test.support.ts';
import { createDurableEngine } from './durable-engine.ts';

let postgres: TestPostgres;
let engine: WorkflowEngine;
let call: CallTool | undefined;

beforeAll(async () => {
  postgres = await startPostgres();
  engine = await createDurableEngine({ databaseUrl: await postgres.database(), logger: silent });
  await engine.open(async (toolCall) => {
    if (call === undefined) throw new Error('no test has tools');
    return call(toolCall);
  });
});

afterAll(async () => {
  await engine.close();
  await postgres.stop();
});

// A process has one engine: each test brings its own tools.
describeEngine(async (tools) => {
  call = tools.call;
  return engine;
});

test('a workflow with a schedule starts by itself, and stops when the schedule goes', async () => {
  const tools = new TestTools({ echo: () => null });
  call = tools.call;
  const started = { ...startOf('steps: [{ id: a, tool: echo }]'), workspace: 'clock' };
  await engine.schedule([{ name: 'clock flow', cron: '* * * * * *', start: started }]);
  while ((await engine.list({ workspace: 'clock' })).items.length < 2)
    await new Promise((done) => setTimeout(done, 100));
  const { items } = await engine.list({ workspace: 'clock' });
  expect(items[0]).toMatchObject({ principalId: 'user:ann' });
  expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
  await engine.schedule([]);
});

test('a schedule is kept in UTC, whichever time zone its host is in', async () => {
  const start = { ...startOf('steps: [{ id: a, tool: echo }]'), workspace: 'night' };
  await engine.schedule([{ name: 'night flow', cron: '0 3 * * *', start }]);
  const kept = await DBOS.listSchedules();
  expect(kept).toMatchObject([{ scheduleName: 'night flow', schedule: '0 3 * * *', cronTimezone: 'UTC' }]);
  await engine.schedule([]);
});
