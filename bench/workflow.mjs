// Steps per second of durable workflows against plain DBOS doing the same work on the same embedded Postgres; how long it
// takes from the start of a run to its first step; and whether 10,000 finished runs slow anything down.
import { fork } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RUNS = 300;
const STEPS = 10;
const IN_FLIGHT = 30;
const FINISHED = 10_000;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const principal = { id: 'user:bench', roles: [], permissions: [] };

/** Does `count` jobs, so many at once. */
async function jobs(count, atOnce, job) {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      next += 1;
      await job(next);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function plain(databaseUrl) {
  const require = createRequire(new URL('../packages/workflow/package.json', import.meta.url));
  const { DBOS } = require('@dbos-inc/dbos-sdk');
  const { Pool } = require('pg');
  const work = async (input) => {
    let sum = 0;
    for (let step = 0; step < STEPS; step += 1) {
      sum += await DBOS.runStep(async () => Promise.resolve(step + input), { name: `s${step}`, retriesAllowed: false });
    }
    return sum;
  };
  const run = DBOS.registerWorkflow(work, { name: 'plain' });
  const systemDatabasePool = new Pool({ connectionString: databaseUrl, max: 10 });
  systemDatabasePool.on('error', () => {});
  DBOS.setConfig({
    name: 'plain',
    systemDatabasePool,
    systemDatabaseUrl: 'postgres://capstan@localhost:5432/capstan',
    tracingEnabled: false,
    logger: quiet,
  });
  await DBOS.launch();
  const once = async (n) => (await DBOS.startWorkflow(run)(n)).getResult();
  await jobs(30, 10, once);
  const startedAt = performance.now();
  await jobs(RUNS, IN_FLIGHT, once);
  const seconds = (performance.now() - startedAt) / 1000;
  await DBOS.shutdown();
  await systemDatabasePool.end();
  return { stepsPerSecond: (RUNS * STEPS) / seconds };
}

function chain(length) {
  const steps = Array.from({ length }, (_, index) => ({
    id: `s${index}`,
    tool: 'noop',
    input: { n: index },
    ...(index === 0 ? {} : { depends_on: [`s${index - 1}`] }),
  }));
  return JSON.stringify({ steps });
}

async function capstan(databaseUrl) {
  const { readWorkflowText } = await import('../packages/workflow/src/index.ts');
  const { createDurableEngine } = await import('../packages/workflow/src/dbos/index.ts');
  const engine = await createDurableEngine({ databaseUrl, logger: quiet });
  const firstCalls = new Map();
  await engine.open(async ({ run, arguments: { n } }) => {
    if (n === 0) firstCalls.set(run.runId, performance.now());
    return { status: 'succeeded', executionId: 'exe', result: { value: n } };
  });
  const definitionOf = (length) => readWorkflowText({ path: 'bench.json', text: chain(length) }).definition;
  const [long, short] = [definitionOf(STEPS), definitionOf(1)];
  const once = async (definition) => {
    const runId = await engine.start({ definition, workspace: 'default', principal, inputs: {} });
    await engine.result({ workspace: 'default', runId });
  };
  const measure = async () => {
    const startedAt = performance.now();
    await jobs(RUNS, IN_FLIGHT, () => once(long));
    const stepsPerSecond = (RUNS * STEPS * 1000) / (performance.now() - startedAt);
    const latencies = [];
    for (let n = 0; n < 100; n += 1) {
      const begun = performance.now();
      const runId = await engine.start({ definition: short, workspace: 'default', principal, inputs: {} });
      await engine.result({ workspace: 'default', runId });
      latencies.push(firstCalls.get(runId) - begun);
    }
    latencies.sort((a, b) => a - b);
    const listedAt = performance.now();
    await engine.list({ workspace: 'default' });
    return { stepsPerSecond, p50: latencies[50], p95: latencies[95], listMs: performance.now() - listedAt };
  };
  await jobs(30, 10, () => once(long));
  const empty = await measure();
  await jobs(FINISHED - RUNS, 60, () => once(short));
  const full = await measure();
  await engine.close();
  return { empty, full };
}

const [kind, url] = process.argv.slice(2);
if (kind === 'plain' || kind === 'capstan') {
  process.send(await (kind === 'plain' ? plain(url) : capstan(url)));
  process.disconnect();
} else {
  const { startEmbeddedPostgres } = await import('../packages/store/src/embedded/index.ts');
  const folder = mkdtempSync(join(tmpdir(), 'bench-workflow-'));
  chmodSync(folder, 0o711);
  const server = await startEmbeddedPostgres({ folder });
  const child = (name) =>
    new Promise((resolve, reject) => {
      const started = fork(fileURLToPath(import.meta.url), [name, server.url], { execArgv: process.execArgv });
      started.once('message', resolve);
      started.once('exit', (code) => code !== 0 && reject(new Error(`${name} ended with ${code}`)));
    });
  const first = await child('plain');
  const ours = await child('capstan');
  const second = await child('plain');
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
  const dbos = (first.stepsPerSecond + second.stepsPerSecond) / 2;
  const row = (name, value) => console.log(`${name.padEnd(46)} ${value}`);
  row('plain DBOS, steps per second', dbos.toFixed(0));
  row('workflows, steps per second', ours.empty.stepsPerSecond.toFixed(0));
  row('ratio (aim: at least 0.8)', (ours.empty.stepsPerSecond / dbos).toFixed(2));
  row('from start to first step, p50 / p95, ms', `${ours.empty.p50.toFixed(1)} / ${ours.empty.p95.toFixed(1)}`);
  row(`with ${FINISHED} finished runs, steps per second`, ours.full.stepsPerSecond.toFixed(0));
  row('  from start to first step, p50 / p95, ms', `${ours.full.p50.toFixed(1)} / ${ours.full.p95.toFixed(1)}`);
  row('  listing the newest 50, ms', ours.full.listMs.toFixed(1));
}
