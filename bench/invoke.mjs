// host.invoke of a no-op tool with every stage on, and what it costs to load 1,000 packs of 10 tools.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost, loadSettings, openAuditSpool } from '../packages/host/src/index.ts';
import { createCedarPolicy } from '../packages/policy/src/cedar/index.ts';

const asJson = process.argv.includes('--json');
const folder = mkdtempSync(join(tmpdir(), 'capstan-bench-'));
const logger = { debug() {}, info() {}, warn() {}, error: (message, fields) => console.error(message, fields) };
const report = [];
const line = (name, value, aim, met) => report.push({ name, value, aim, met });

const loadMode = process.argv.find((argument) => argument.startsWith('--load='))?.slice('--load='.length);
if (loadMode !== undefined) {
  console.log(JSON.stringify(await measureLoading(loadMode, process.argv.at(-1))));
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}

try {
  await invocations();
  await loading();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const { name, value, aim, met } of report) {
  console.log(`${met === undefined ? ' ' : met ? '✓' : '✗'} ${name.padEnd(52)} ${value.padStart(14)}   ${aim ?? ''}`);
}
if (asJson) console.log(JSON.stringify(report));

async function invocations() {
  const auditFolder = join(folder, 'audit');
  const text =
    'version: 1\nworkspaces: { default: { limits: { rate_limit: { limit: 100000000, window_ms: 60000 } } } }\n';
  const { settings } = loadSettings({ path: 'capstan.yaml', text });
  const host = await createHost({
    config: settings,
    policy: createCedarPolicy({ clock: { now: Date.now } }),
    environment: {},
    audit: openAuditSpool(auditFolder, { logger }),
    logger,
  });
  const events = { finished: 0 };
  host.on('invocation:finished', () => events.finished++);
  host.register({
    id: 'bench.noop',
    description: 'Does nothing',
    inputSchema: {
      type: 'object',
      required: ['n'],
      properties: { n: { type: 'integer' } },
      additionalProperties: false,
    },
    outputSchema: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } },
    handler: (input) => input,
  });
  const principal = { id: 'key:bench', roles: ['agent'], permissions: [] };
  const first = await host.invoke({ tool: 'noop', arguments: { n: 0 }, principal });
  assert.equal(first.status, 'succeeded', JSON.stringify(first));
  const rounds = 8;
  const calls = 25_000;
  const times = [];
  const bare = [];
  const many = [];
  const handler = async (input) => ({ status: 'succeeded', result: { value: input } });
  for (let round = 0; round < rounds; round += 1) {
    times.push(await timed(calls, (n) => host.invoke({ tool: 'noop', arguments: { n }, principal })));
    many.push(await timedTogether(calls, 64, (n) => host.invoke({ tool: 'noop', arguments: { n }, principal })));
    bare.push(await timed(calls, (n) => handler({ n })));
  }
  const made = 2 * rounds * calls + 1;
  const metrics = host.metrics();
  await host.close();
  const records = readdirSync(auditFolder)
    .map((name) => readFileSync(join(auditFolder, name), 'utf8').trimEnd().split('\n').length)
    .reduce((sum, lines) => sum + lines);
  assert.equal(metrics.invocations_started, made);
  assert.equal(metrics.invocations_succeeded, made);
  assert.equal(metrics.rate_limit_checks, made);
  assert.equal(metrics.audit_records, made);
  assert.equal(events.finished, made);
  assert.equal(records, made, 'every call has its line in the audit file');
  const best = median(times.slice(1));
  line('host.invoke, no-op tool, all stages on (median)', `${best.toFixed(2)} µs`, 'under 15 µs', best < 15);
  const together = median(many.slice(1));
  line('  64 at a time', `${together.toFixed(2)} µs`, 'under 15 µs', together < 15);
  line('  an async function called the same way', `${median(bare.slice(1)).toFixed(2)} µs`);
}

async function timed(calls, call) {
  const start = process.hrtime.bigint();
  for (let n = 0; n < calls; n += 1) await call(n);
  return Number(process.hrtime.bigint() - start) / calls / 1000;
}

async function timedTogether(calls, workers, call) {
  const start = process.hrtime.bigint();
  let next = 0;
  const work = async () => {
    while (next < calls) await call(next++);
  };
  await Promise.all(Array.from({ length: workers }, work));
  return Number(process.hrtime.bigint() - start) / calls / 1000;
}

async function loading() {
  writePacks(join(folder, 'packs'), 1000);
  const fresh = inFreshProcess('fresh');
  line(
    'loading 1,000 packs of 10 tools, in a fresh process',
    `${fresh.ms.toFixed(0)} ms`,
    'under 2 s',
    fresh.ms < 2000,
  );
  line('  what they hold (rss growth after a gc)', `${fresh.mb.toFixed(0)} MB`, 'under 300 MB', fresh.mb < 300);
  const { ratio } = inFreshProcess('warm');
  line('  cost per pack, 1,000 packs against 100, warm', ratio.toFixed(2), 'flat (under 1.3)', ratio < 1.3);
}

function inFreshProcess(mode) {
  const args = ['--conditions=@capstan/source', '--expose-gc', import.meta.filename, `--load=${mode}`, folder];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

async function measureLoading(mode, root) {
  if (mode === 'fresh') return load(root, 1000);
  for (let n = 0; n < 5; n += 1) await load(root, 100);
  const small = [];
  for (let n = 0; n < 5; n += 1) small.push((await load(root, 100)).ms);
  const large = [];
  for (let n = 0; n < 3; n += 1) large.push((await load(root, 1000)).ms);
  return { ratio: median(large) / 1000 / (median(small) / 100) };
}

async function load(root, count) {
  globalThis.gc();
  const before = process.memoryUsage().rss;
  const start = performance.now();
  const names = Array.from({ length: count }, (_, n) => `p${n}`);
  const text = `version: 1\ndiscover: [${names.map((name) => `./packs/${name}`).join(', ')}]\nworkspaces: { default: { packs: [${names.join(', ')}] } }\n`;
  const { settings } = loadSettings({ path: 'capstan.yaml', text });
  const host = await createHost({ config: settings, cwd: root, environment: {}, logger });
  const ms = performance.now() - start;
  globalThis.gc();
  const mb = (process.memoryUsage().rss - before) / 1024 / 1024;
  assert.equal(host.packs().filter(({ state }) => state.kind === 'ready').length, count);
  assert.equal(host.listTools({ limit: 1000 }).items.length, Math.min(1000, count * 10));
  await host.close();
  return { ms, mb };
}

function writePacks(root, count) {
  for (let n = 0; n < count; n += 1) {
    mkdirSync(join(root, `p${n}`), { recursive: true });
    writeFileSync(join(root, `p${n}`, 'manifest.yaml'), manifestOf(n));
  }
}

function manifestOf(n) {
  const tools = Array.from(
    { length: 10 },
    (_, t) => `  - name: thing${n}.do_${t}
    description: Does the thing number ${t} of pack ${n}, and says what came of it
    danger_level: ${t % 2 ? 'low' : 'medium'}
    tags: [bench, "t${t}"]
    input_schema:
      type: object
      required: [id]
      properties:
        id: { type: string, description: Which thing }
        count: { type: integer, minimum: 1, maximum: 100, default: 10 }
        filter: { type: object, properties: { name: { type: string } } }
`,
  );
  return `code: p${n}
display_name: "Pack ${n}"
version: "1.0.0"
type: connector
description: "A pack for a benchmark"
config:
  schema:
    - { name: base_url, type: string, default: "http://127.0.0.1:1", description: Where the service is }
tools:
${tools.join('')}`;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
