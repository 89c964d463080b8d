/**
 * MCP calls through Capstan with everything on, against the same calls without it, a bare forwarder, and its peers.
 *
 *   node --conditions=@capstan/source bench/mcp.mjs [--json] [--rounds 9] [--ms 800] [--only gateway,forwarder]
 *
 * Load, gateway and upstream are processes of their own. Missed aims are printed; what fails the run is a count that
 * does not add up, since then some stage was off and the numbers mean nothing.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureLimits } from './mcp/limits.mjs';
import { ask, cpuSeconds, Processes, peakMegabytes } from './mcp/processes.mjs';
import { startTargets } from './mcp/targets.mjs';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '9' },
    ms: { type: 'string', default: '800' },
    only: { type: 'string' },
    profile: { type: 'boolean', default: false },
  },
});
const CONCURRENCIES = [1, 32];
const folder = mkdtempSync(join(tmpdir(), 'capstan-bench-mcp-'));
const processes = new Processes();

try {
  const { targets, load, upstream, gateway } = await startTargets(processes, { folder, profile: flags.profile });
  const wanted = flags.only?.split(',');
  const chosen = targets.filter(({ name }) => wanted === undefined || wanted.some((each) => name.includes(each)));
  const results = [];
  for (const concurrency of CONCURRENCIES) results.push(...(await compare(chosen, load, concurrency)));
  await verifyCounts({ chosen, upstream, gateway });
  const limits = wanted === undefined ? await measureLimits(processes) : [];
  report(results, limits);
} finally {
  await processes.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Short rounds in turns, so that a slow moment of the machine meets everybody; ratios are those of neighbours. */
async function compare(targets, load, concurrency) {
  const samples = new Map(targets.map((target) => [target, []]));
  for (const target of targets) await round(target, load, concurrency, Number(flags.ms));
  for (let number = 0; number < Number(flags.rounds); number += 1) {
    const order = number % 2 === 0 ? targets : targets.toReversed();
    for (const target of order) samples.get(target).push(await round(target, load, concurrency, Number(flags.ms)));
  }
  const forwarder = samples.get(targets.find(({ name }) => name === 'forwarder')) ?? [];
  const proxy = samples.get(targets.find(({ name }) => name === 'mcp-proxy')) ?? [];
  return targets.map((target) => {
    const own = samples.get(target);
    const of = (field) => median(own.map((sample) => sample[field]));
    const ratioTo = (other) => median(own.map((sample, index) => sample.perSecond / other[index]?.perSecond));
    return {
      target: target.name,
      concurrency,
      per_s: Math.round(of('perSecond')),
      p50_ms: of('p50'),
      p99_ms: of('p99'),
      cpu_ms_per_call: of('cpuMsPerCall'),
      peak_mb: peakMegabytes(target.pid),
      to_forwarder: ratioTo(forwarder),
      to_mcp_proxy: ratioTo(proxy),
      p99_over_forwarder_ms: median(own.map((sample, index) => sample.p99 - forwarder[index]?.p99)),
    };
  });
}

async function round(target, load, concurrency, durationMs) {
  const before = cpuSeconds(target.pid);
  const { pid: _, ...wire } = target;
  const sample = await ask(load, { kind: 'run', target: wire, concurrency, durationMs });
  target.calls = (target.calls ?? 0) + sample.calls;
  return { ...sample, cpuMsPerCall: ((cpuSeconds(target.pid) - before) * 1000) / sample.calls };
}

/** Every call went through every stage, and left its record. */
async function verifyCounts({ chosen, upstream, gateway }) {
  const seen = await ask(upstream, 'count');
  const { metrics, records, finished, policy, circuits } = await ask(gateway, 'report');
  const own = chosen.filter(({ isCapstan }) => isCapstan).reduce((sum, { calls }) => sum + calls, 0);
  assert.equal(metrics.invocations_started, own, 'every call was an invocation');
  assert.equal(metrics.invocations_succeeded, own, 'every invocation succeeded');
  assert.equal(metrics.rate_limit_checks, own, 'every call was counted by the rate limit');
  assert.equal(policy, own, 'the policy was asked about every call');
  assert.equal(finished, own, 'every call was an event');
  assert.equal(metrics.audit_records, own, 'every call made a record');
  assert.equal(records, own, 'every record is in the audit file');
  const overHttp = chosen.filter(({ countsAtUpstream }) => countsAtUpstream).reduce((sum, { calls }) => sum + calls, 0);
  assert.equal(seen.calls, overHttp, 'the upstream saw every call once');
  for (const { state } of circuits)
    assert.equal(state.kind ?? state, 'closed', 'the breaker watched, and stayed closed');
  print(`${own} calls of Capstan: as many decisions, rate limit checks, events and lines in the audit file.\n`);
}

function report(results, limits) {
  if (flags.json) return void console.log(JSON.stringify({ benchmark: 'mcp', results, limits }));
  print('target                 at    calls/s   p50 ms   p99 ms  CPU ms/call  peak MB  /forwarder  /mcp-proxy');
  for (const each of results) {
    const cells = [
      each.target.padEnd(20),
      String(each.concurrency).padStart(4),
      String(each.per_s).padStart(10),
      each.p50_ms.toFixed(2).padStart(8),
      each.p99_ms.toFixed(2).padStart(8),
      each.cpu_ms_per_call.toFixed(3).padStart(12),
      each.peak_mb.toFixed(0).padStart(8),
      each.to_forwarder.toFixed(2).padStart(11),
      each.to_mcp_proxy.toFixed(2).padStart(11),
    ];
    print(cells.join(' '));
  }
  print('');
  const judged = results.filter(({ target, concurrency }) => target.startsWith('capstan') && concurrency === 32);
  for (const each of judged) judge(each);
  for (const { name, value, aim, met } of limits) printAim({ name, value, met, aim: `at most ${aim}` });
}

function judge({ target, to_forwarder, to_mcp_proxy, cpu_ms_per_call, p99_over_forwarder_ms, peak_mb }) {
  const aims = [
    ['calls/s of the forwarder', to_forwarder, to_forwarder >= 0.85, 'at least 0.85 (floor 0.75)'],
    ['calls/s of mcp-proxy', to_mcp_proxy, to_mcp_proxy >= 1.5, 'at least 1.5'],
    ['CPU ms a call', cpu_ms_per_call, cpu_ms_per_call <= 0.09, 'at most 0.09'],
    ['p99 over the forwarder, ms', p99_over_forwarder_ms, p99_over_forwarder_ms <= 5, 'at most 5'],
    ['peak MB', peak_mb, peak_mb < 320, 'under 320'],
  ];
  for (const [name, value, met, aim] of aims) printAim({ name: `${target}, ${name}`, value, met, aim });
}

function printAim({ name, value, met, aim }) {
  const what = `${met ? '✓' : '✗'} ${name}`.padEnd(58);
  print(`${what}${value.toFixed(2).padStart(9)}   ${aim}`);
}

function print(line) {
  if (!flags.json) console.log(line);
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
