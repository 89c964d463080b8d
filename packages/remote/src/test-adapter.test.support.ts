import { type CircuitEvent, createHttpClient, type HttpClient } from '@capstan/http';
import { type CapstanError, isCapstanError, type JsonValue, type ToolConnection } from '@capstan/sdk';
import { onTestFinished } from 'vitest';
import type { HostRemoteToolAdapter, RemoteToolAdapterOptions } from './adapter-options.ts';
import type { TracedRemoteCall } from './contract-request.ts';
import { createRemoteToolAdapter } from './remote-tool-adapter.ts';

/** 2026-01-01T00:00:00Z, where the clock of these tests begins. */
export const START_MS: number = Date.UTC(2026, 0, 1);

/** An adapter over real sockets, whose pauses take no time: they move its clock. */
export interface TestAdapter {
  readonly adapter: HostRemoteToolAdapter;
  readonly http: HttpClient;
  readonly clock: { now(): number; advance(ms: number): void };
  /** Every pause between attempts, in ms. */
  readonly pauses: readonly number[];
  readonly circuitEvents: readonly CircuitEvent[];
}

/** Builds one; both parts are closed after the test. */
export function testAdapter(options: Partial<RemoteToolAdapterOptions> = {}): TestAdapter {
  let now = START_MS;
  const clock = {
    now: () => now,
    advance: (ms: number) => {
      now += ms;
    },
  };
  const pauses: number[] = [];
  const circuitEvents: CircuitEvent[] = [];
  const http = options.http ?? createHttpClient({ egress: { allowPrivate: ['127.0.0.0/8'] } });
  const adapter = createRemoteToolAdapter({
    http,
    clock,
    random: () => 0.5,
    onCircuit: (event) => circuitEvents.push(event),
    sleep: async (ms) => {
      pauses.push(ms);
      clock.advance(ms);
    },
    ...options,
  });
  onTestFinished(async () => {
    await adapter.close();
    await http.close(0);
  });
  return { adapter, http, clock, pauses, circuitEvents };
}

/** A connection to a base URL, without credentials. */
export function connectionTo(baseUrl: string, parts: Partial<ToolConnection> = {}): ToolConnection {
  return {
    id: 'con_1',
    workspaceId: 'default',
    pack: 'example',
    toolType: 'line',
    connectionType: 'remote',
    name: 'example',
    remoteClusterUrl: baseUrl,
    config: {},
    auth: { type: 'none' },
    owner: 'workspace',
    status: 'connected',
    ...parts,
  };
}

/** A call of `line.send_message`; name only what the test is about. */
export function callOf(
  connection: ToolConnection,
  parts: Partial<Omit<TracedRemoteCall, 'context'>> & { readonly context?: Partial<TracedRemoteCall['context']> } = {},
): TracedRemoteCall {
  return {
    connection,
    toolType: 'line',
    action: 'send_message',
    params: { to: 'U1' },
    ...parts,
    context: {
      executionId: 'exe_01939a3c-7d2e-7bbb-8ccc-0123456789ab',
      idempotencyKey: 'exe_01939a3c-7d2e-7bbb-8ccc-0123456789ab',
      principal: { id: 'tester', roles: [], permissions: [] },
      tenantId: 'default',
      workspaceId: 'support',
      signal: new AbortController().signal,
      deadline: START_MS + 60_000,
      logger: { debug() {}, info() {}, warn() {}, error() {} },
      extra: {},
      progress() {},
      elicit: () => Promise.reject(new Error('nobody answers questions here')),
      ...parts.context,
    },
  };
}

/** The error that a call must end in. */
export async function errorOf(work: Promise<JsonValue>): Promise<CapstanError> {
  const outcome = await work.then(
    (result) => new Error(`expected an error, got ${JSON.stringify(result)}`),
    (error: unknown) => error,
  );
  if (isCapstanError(outcome)) return outcome;
  throw outcome;
}

/** An error and all its causes, as a careless logger would print them. */
export function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = Object.getOwnPropertyNames(error).map((key) => JSON.stringify(Reflect.get(error, key)) ?? '');
  return [error.message, error.stack, ...own, everythingIn(error.cause ?? '')].join('\n');
}
