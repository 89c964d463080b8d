/**
 * The adapter with all its policies on, against a bare `undici.request`, to the same service.
 *
 *   node --conditions=@capstan/source bench/adapter.mjs [--json] [--rounds 41] [--calls 600]
 *
 * Aim: at least 0.95 of the bare throughput at concurrency 1 and 64. A missed aim is printed; it does not fail the run.
 * What fails it is a count that does not add up: then some stage was off, and the numbers mean nothing.
 */
import { strict as assert } from 'node:assert';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createHttpClient } from '../packages/http/src/index.ts';
import { createRemoteToolAdapter } from '../packages/remote/src/index.ts';
import { createSecret } from '../packages/schema/src/index.ts';

const { request } = createRequire(new URL('../packages/http/package.json', import.meta.url))('undici');

const AIM = 0.95;
const WARM_UP_ROUNDS = 5;
const CONCURRENCIES = [1, 64];
const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '41' },
    calls: { type: 'string', default: '600' },
  },
});
const rounds = Number(flags.rounds);
const callsPerRound = Number(flags.calls);

const PARAMS = { to: 'U1', messages: [{ type: 'text', text: 'hello' }], channel_id: 'C1' };
const TOKEN = 'bench-token-0123456789';

const service = fork(fileURLToPath(new URL('./adapter-service.mjs', import.meta.url)));
const [{ port }] = await once(service, 'message');
const baseUrl = `http://127.0.0.1:${port}`;

const http = createHttpClient({ egress: { allowPrivate: ['127.0.0.0/8'] } });
const circuitEvents = [];
const adapter = createRemoteToolAdapter({
  http,
  clock: { now: Date.now },
  random: Math.random,
  onCircuit: (event) => circuitEvents.push(event),
});
const counted = { bare: 0, adapter: 0 };

/** Many short rounds in turns, so that a slow moment of the machine meets both; the median ratio is that of neighbours. */
async function compare(concurrency) {
  const calls = concurrency === 1 ? callsPerRound : callsPerRound * 4;
  for (let number = 0; number < WARM_UP_ROUNDS; number += 1) {
    for (const kind of ['bare', 'adapter']) await round(kind, concurrency, calls);
  }
  const samples = { bare: [], adapter: [] };
  for (let number = 0; number < rounds; number += 1) {
    const order = number % 2 === 0 ? ['bare', 'adapter'] : ['adapter', 'bare'];
    for (const kind of order) samples[kind].push(await round(kind, concurrency, calls));
  }
  const ratios = samples.adapter.map((rate, index) => rate / samples.bare[index]);
  return {
    concurrency,
    calls_per_round: calls,
    rounds,
    bare_per_s: Math.round(median(samples.bare)),
    adapter_per_s: Math.round(median(samples.adapter)),
    ratio: Number(median(ratios).toFixed(3)),
  };
}

/** @returns Calls a second. */
async function round(kind, concurrency, calls) {
  const call = kind === 'bare' ? bareCall : adapterCall;
  let left = calls;
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left > 0) {
        left -= 1;
        const result = await call();
        assert.equal(result.ok, true);
        counted[kind] += 1;
      }
    }),
  );
  return (calls * 1000) / (performance.now() - begun);
}

/** The same bytes on the wire, but for the marker by which the service tells the two apart. */
async function bareCall() {
  const executionId = nextExecutionId();
  const { body } = await request(`${baseUrl}/v1/tools/line.send_message`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${TOKEN}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': executionId,
      traceparent: '00-01890a5dac96774bbcce000000000001-bcce000000000001-01',
      'X-Capstan-Contract': '0',
      'X-Capstan-Deadline-Ms': '30000',
    },
    body: JSON.stringify({
      ...PARAMS,
      context: { tenant_id: 'default', workspace_id: 'default', execution_id: executionId },
    }),
  });
  return JSON.parse(await body.text()).result;
}

let serial = 0;
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const connection = {
  id: 'con_bench',
  workspaceId: 'default',
  pack: 'bench',
  toolType: 'line',
  connectionType: 'remote',
  name: 'bench',
  remoteClusterUrl: baseUrl,
  config: {},
  auth: { type: 'bearer', token: createSecret(TOKEN) },
  owner: 'workspace',
  status: 'connected',
};
const policy = { egress: [baseUrl], repeatable: false };

// The host makes one per invocation; what the adapter does with it is measured, to make it is not.
const { signal } = new AbortController();

function nextExecutionId() {
  serial += 1;
  return `exe_01890a5d-ac96-774b-bcce-${serial.toString(16).padStart(12, '0')}`;
}

function adapterCall() {
  const executionId = nextExecutionId();
  return adapter.call({
    connection,
    toolType: 'line',
    action: 'send_message',
    params: PARAMS,
    policy,
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
}

async function verifyCounts() {
  const { body } = await request(`${baseUrl}/count`);
  const seen = JSON.parse(await body.text());
  assert.equal(seen.bare, counted.bare, 'the service saw every bare request');
  assert.equal(
    seen.adapter,
    counted.adapter,
    'the service saw every call of the adapter once, contract headers included',
  );
  assert.equal(seen.keys, counted.bare + counted.adapter, 'every call had an idempotency key of its own');
  const [circuit] = adapter.circuits();
  assert.deepEqual([circuit.endpoint, circuit.state], [baseUrl, { kind: 'closed', failures: 0 }]);
  assert.deepEqual(circuit.counters, { calls: counted.adapter, failures: 0, rejected: 0 });
  assert.deepEqual([circuit.retries, circuit.pending], [{ granted: 0, refused: 0 }, 0]);
  assert.equal(circuitEvents.length, 0, 'no breaker moved');
  assert.ok(http.openSockets() <= 64, 'the pool kept to its size');
}

function report(results) {
  if (flags.json) {
    console.log(
      JSON.stringify({ benchmark: 'adapter', aim: AIM, met: results.every(({ ratio }) => ratio >= AIM), results }),
    );
    return;
  }
  console.log(`adapter call against bare undici.request, medians of ${rounds} interleaved rounds\n`);
  console.log('concurrency   bare/s   adapter/s   ratio   aim');
  for (const { concurrency, bare_per_s, adapter_per_s, ratio } of results) {
    const columns = [
      String(concurrency).padStart(11),
      String(bare_per_s).padStart(8),
      String(adapter_per_s).padStart(11),
    ];
    const verdict = ratio >= AIM ? 'met' : `missed (${AIM})`;
    console.log(`${columns.join(' ')} ${ratio.toFixed(3).padStart(7)}   ${verdict}`);
  }
  console.log(`\n${counted.bare} bare requests and ${counted.adapter} adapter calls: the service counted the same.`);
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

try {
  const results = [];
  for (const concurrency of CONCURRENCIES) results.push(await compare(concurrency));
  await verifyCounts();
  report(results);
} finally {
  await Promise.all([adapter.close(), http.close()]);
  service.disconnect();
}
