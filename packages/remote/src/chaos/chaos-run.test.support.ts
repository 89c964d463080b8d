import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createHttpClient } from '@capstan/http';
import { isCapstanError, type ServiceCluster, type ToolConnection, type ToolContext } from '@capstan/sdk';
import type { HostRemoteToolAdapter } from '../adapter-options.ts';
import { createRemoteToolAdapter } from '../remote-tool-adapter.ts';
import { type Behaviour, drawing } from './behaviours.test.support.ts';
import { type MortalService, mortalService, type ServiceCounts, serviceLog } from './mortal-service.test.support.ts';

/** What a run is given. */
export interface ChaosPlan {
  readonly seed: number;
  readonly callsPerSecond: number;
  readonly seconds: number;
  /** How many services; with more than one, calls are balanced. */
  readonly services: number;
  /** Kills and restarts services at random. */
  readonly isDeadly: boolean;
  /** Default: all, and half of the time success. */
  readonly behaviours?: readonly Behaviour[];
}

/** What a run came to. */
export interface ChaosFigures {
  readonly calls: number;
  /** How many ended, by code; `succeeded` for those that did. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Calls that ended twice or not at all. */
  readonly wronglyEnded: number;
  /** The longest time of a call, in ms; each had a deadline of {@link DEADLINE_MS}. */
  readonly longestMs: number;
  readonly kills: number;
  readonly circuitChanges: number;
  readonly retries: { readonly granted: number; readonly refused: number };
  /** Of calls that must not be repeated. */
  readonly once: ServiceCounts;
  /** Of calls that may be. */
  readonly repeatable: ServiceCounts;
  readonly unhandled: number;
  /** Resources of the process by kind, and sockets of the client: what was left over afterwards. */
  readonly leftOver: readonly string[];
}

/** How long each call may take, in ms. */
export const DEADLINE_MS = 2_000;

const POLICY = {
  timeoutMs: 300,
  retry: { maxRetries: 3, baseMs: 10, maxMs: 100 },
  breaker: { failureThreshold: 5, recoveryTimeoutMs: 200, successThreshold: 2 },
};
const LOGGER = { debug() {}, info() {}, warn() {}, error() {} };

/** Makes calls of services that misbehave, and counts. */
export async function runChaos(plan: ChaosPlan): Promise<ChaosFigures> {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', onUnhandled);
  const before = resources();
  const log = serviceLog();
  const services = await Promise.all(
    Array.from({ length: plan.services }, (_, index) => mortalService(log, plan.seed + index * 1_000, plan.behaviours)),
  );
  const http = createHttpClient({ egress: { allowPrivate: ['127.0.0.0/8'] } });
  let circuitChanges = 0;
  const adapter = createRemoteToolAdapter({
    http,
    clock: { now: Date.now },
    random: drawing(plan.seed),
    balancing: { probeIntervalMs: 100, slowStartMs: 500 },
    onCircuit: () => {
      circuitChanges += 1;
    },
  });
  try {
    const over = new AbortController();
    const killing = plan.isDeadly ? killAtRandom(services, plan.seed, over.signal) : Promise.resolve(0);
    const tally = await makeCalls(adapter, connectionTo(services), plan);
    over.abort();
    const kills = await killing;
    const retries = sumOfRetries(adapter);
    await adapter.close();
    await http.close(100);
    const [once, repeatable] = [log.counts('once-'), log.counts('repeatable-')];
    await Promise.all(services.map((service) => service.kill()));
    const leftOver = await leftOverSince(before, () => http.openSockets());
    return { ...tally, kills, circuitChanges, retries, once, repeatable, unhandled: unhandled.length, leftOver };
  } finally {
    await Promise.all(services.map((service) => service.kill()));
    log.remove();
    await http.close(0);
    process.off('unhandledRejection', onUnhandled);
  }
}

async function makeCalls(adapter: HostRemoteToolAdapter, connection: ToolConnection, plan: ChaosPlan) {
  const outcomes: Record<string, number> = {};
  const endings: number[] = [];
  let longestMs = 0;
  const calls: Promise<void>[] = [];
  const call = async (number: number): Promise<void> => {
    const begun = performance.now();
    const code = await adapter.call(callNumber(number, connection)).then(
      () => 'succeeded',
      (error: unknown) => (isCapstanError(error) ? error.code : String(error)),
    );
    longestMs = Math.max(longestMs, performance.now() - begun);
    outcomes[code] = (outcomes[code] ?? 0) + 1;
    endings[number] = (endings[number] ?? 0) + 1;
  };
  const begun = performance.now();
  const total = plan.callsPerSecond * plan.seconds;
  while (calls.length < total) {
    const due = Math.min(total, Math.ceil(((performance.now() - begun) / 1_000) * plan.callsPerSecond));
    while (calls.length < due) calls.push(call(calls.length));
    await sleep(5);
  }
  await Promise.all(calls);
  const wronglyEnded = calls.filter((_, number) => endings[number] !== 1).length;
  return { calls: calls.length, outcomes, wronglyEnded, longestMs: Math.round(longestMs) };
}

/** Every other call may be repeated. */
function callNumber(number: number, connection: ToolConnection) {
  const repeatable = number % 2 === 1;
  const executionId = `${repeatable ? 'repeatable' : 'once'}-${number}`;
  const context: ToolContext = {
    executionId,
    idempotencyKey: executionId,
    tenantId: 'default',
    workspaceId: 'default',
    principal: { id: 'chaos', roles: [], permissions: [] },
    signal: new AbortController().signal,
    deadline: Date.now() + DEADLINE_MS,
    logger: LOGGER,
    extra: {},
    progress() {},
    elicit: () => Promise.reject(new Error('nobody answers here')),
    // Some watch, so that the way of streams is taken, too.
    wantsProgress: number % 5 === 0,
  };
  return {
    connection,
    toolType: 'line',
    action: 'send_message',
    params: { to: 'U1' },
    context,
    policy: { ...POLICY, repeatable },
  };
}

async function killAtRandom(services: readonly MortalService[], seed: number, signal: AbortSignal): Promise<number> {
  const random = drawing(seed + 7);
  let kills = 0;
  const pause = (ms: number): Promise<unknown> => sleep(ms, undefined, { signal }).catch(() => undefined);
  while (!signal.aborted) {
    await pause(300 + random() * 1_200);
    const victim = services[Math.floor(random() * services.length)];
    if (signal.aborted || victim === undefined) break;
    await victim.kill();
    kills += 1;
    await pause(random() * 600);
    await victim.restart();
  }
  return kills;
}

function connectionTo(services: readonly MortalService[]): ToolConnection {
  const cluster: ServiceCluster = {
    endpoints: services.map(({ url }) => ({ url, weight: 1 })),
    strategy: 'least_pending',
  };
  return {
    id: 'con_chaos',
    workspaceId: 'default',
    pack: 'chaos',
    toolType: 'line',
    connectionType: 'remote',
    name: 'chaos',
    remoteClusterUrl: services[0]?.url ?? '',
    ...(services.length > 1 ? { cluster } : {}),
    config: {},
    auth: { type: 'none' },
    owner: 'workspace',
    status: 'connected',
  };
}

function sumOfRetries(adapter: HostRemoteToolAdapter): ChaosFigures['retries'] {
  const all = adapter.circuits().map(({ retries }) => retries);
  return {
    granted: all.reduce((sum, { granted }) => sum + granted, 0),
    refused: all.reduce((sum, { refused }) => sum + refused, 0),
  };
}

function resources(): ReadonlyMap<string, number> {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** Timers of whoever runs the test come and go, so they are looked at more than once. */
async function leftOverSince(before: ReadonlyMap<string, number>, sockets: () => number): Promise<readonly string[]> {
  for (let look = 0; ; look += 1) {
    const after = [...resources()].filter(([kind, count]) => count > (before.get(kind) ?? 0));
    const left = after.map(([kind, count]) => `${kind} +${count - (before.get(kind) ?? 0)}`);
    if (sockets() > 0) left.push(`sockets ${sockets()}`);
    if (left.length === 0 || look === 50) return left;
    await sleep(50);
  }
}
