/**
 * Three endpoints of one service, of which one is slow and one is dead, against the healthy one alone.
 *
 *   node --conditions=@capstan/source bench/balance.mjs [--json] [--seconds 10]
 *
 * Aim: after 5 s of warm-up, p99 within 2 times that of the healthy endpoint alone. A missed aim is printed; it does not
 * fail the run. What fails it is a call that fails.
 */
import { strict as assert } from 'node:assert';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createHttpClient } from '../packages/http/src/index.ts';
import { createRemoteToolAdapter } from '../packages/remote/src/index.ts';

const AIM = 2;
const WARM_UP_MS = 5_000;
const CONCURRENCY = 16;
const HEALTHY_MS = 5;
const SLOW_MS = 250;
const { values: flags } = parseArgs({
  options: { json: { type: 'boolean', default: false }, seconds: { type: 'string', default: '10' } },
});
const measuredMs = Number(flags.seconds) * 1_000;

const children = [];
async function startService(delayMs) {
  const child = fork(fileURLToPath(new URL('./balance-service.mjs', import.meta.url)), [String(delayMs)]);
  children.push(child);
  const [{ port }] = await once(child, 'message');
  return `http://127.0.0.1:${port}`;
}

/** A port at which nobody listens. */
async function deadUrl() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

let serial = 0;
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const { signal } = new AbortController();

function connectionTo(urls) {
  return {
    id: 'con_bench',
    workspaceId: 'default',
    pack: 'bench',
    toolType: 'line',
    connectionType: 'remote',
    name: 'bench',
    cluster: { endpoints: urls.map((url) => ({ url, weight: 1 })), strategy: 'least_pending' },
    config: {},
    auth: { type: 'none' },
    owner: 'workspace',
    status: 'connected',
  };
}

async function measure(urls) {
  const http = createHttpClient({ egress: { allowPrivate: ['127.0.0.0/8'] } });
  const adapter = createRemoteToolAdapter({ http, clock: { now: Date.now }, random: Math.random });
  const connection = connectionTo(urls);
  const timesMs = [];
  const begun = performance.now();
  const end = begun + WARM_UP_MS + measuredMs;
  const call = () => {
    serial += 1;
    const executionId = `exe_01890a5d-ac96-774b-bcce-${serial.toString(16).padStart(12, '0')}`;
    return adapter.call({
      connection,
      toolType: 'line',
      action: 'send_message',
      params: { to: 'U1' },
      context: {
        executionId,
        idempotencyKey: executionId,
        tenantId: 'default',
        workspaceId: 'default',
        principal: { id: 'bench', roles: [], permissions: [] },
        signal,
        deadline: Date.now() + 60_000,
        logger,
        extra: {},
        progress() {},
      },
    });
  };
  const work = async () => {
    while (performance.now() < end) {
      const at = performance.now();
      assert.equal((await call()).ok, true);
      if (at - begun >= WARM_UP_MS) timesMs.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  const circuits = adapter
    .circuits()
    .map(({ endpoint, state, counters }) => ({ endpoint, state: state.kind, ...counters }));
  await adapter.close();
  await http.close();
  return { ...summary(timesMs), circuits };
}

function summary(timesMs) {
  const sorted = timesMs.toSorted((a, b) => a - b);
  const at = (share) => Number(sorted[Math.floor(sorted.length * share)].toFixed(2));
  return { calls: sorted.length, p50_ms: at(0.5), p99_ms: at(0.99), p999_ms: at(0.999) };
}

try {
  const [healthy, slow, dead] = [await startService(HEALTHY_MS), await startService(SLOW_MS), await deadUrl()];
  const alone = await measure([healthy]);
  const three = await measure([healthy, slow, dead]);
  const ratio = Number((three.p99_ms / alone.p99_ms).toFixed(3));
  const met = ratio <= AIM;
  if (flags.json) {
    console.log(JSON.stringify({ benchmark: 'balance', aim: AIM, met, ratio, alone, three }));
  } else {
    console.log(
      `one endpoint of ${HEALTHY_MS} ms alone, and with one of ${SLOW_MS} ms and a dead one; ${CONCURRENCY} callers\n`,
    );
    console.log('endpoints    calls   p50 ms   p99 ms   p99.9 ms');
    for (const [name, { calls, p50_ms, p99_ms, p999_ms }] of [
      ['1', alone],
      ['3', three],
    ]) {
      const columns = [calls, p50_ms, p99_ms, p999_ms].map((value, index) =>
        String(value).padStart([8, 8, 8, 10][index]),
      );
      console.log(`${name.padStart(9)} ${columns.join(' ')}`);
    }
    console.log(`\np99 ratio ${ratio}: ${met ? 'met' : 'missed'} (aim: within ${AIM})`);
    for (const { endpoint, state, calls, failures } of three.circuits) {
      console.log(`  ${endpoint}  ${state}, ${calls} calls, ${failures} failures`);
    }
  }
} finally {
  for (const child of children) child.disconnect();
}
