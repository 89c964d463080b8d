import { afterAll, beforeAll } from 'vitest';
import type { WorkflowEngine } from '../engine.ts';
import { describeEngine } from '../run/engine.contract.test.support.ts';
import type { CallTool } from '../run/run-environment.ts';
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
