import { CircuitBreaker, createHttpClient } from '@capstan/http';
import {
  type CapstanError,
  isCapstanError,
  type JsonObject,
  type JsonValue,
  type ToolConnection,
  type ToolContext,
  type ToolProgress,
  type ToolResult,
} from '@capstan/sdk';
import { onTestFinished } from 'vitest';
import type { HttpBackend } from './backend/http-backend.ts';
import type { HttpBackendSpec } from './backend/http-backend-spec.ts';
import { parseHttpBackend } from './backend/parse-http-backend.ts';
import { createHttpTool, type HttpToolCall } from './call/http-tool.ts';
import type { HttpToolServices } from './call/http-tool-services.ts';

/** 2026-01-01T00:00:00Z, where the clock of these tests begins. */
export const START_MS: number = Date.UTC(2026, 0, 1);

/** The services of a host, whose pauses take no time: they move the clock. */
export interface TestServices extends HttpToolServices {
  readonly pauses: readonly number[];
  advance(ms: number): void;
}

/** Real sockets, a clock that stands still; closed after the test. */
export function testServices(options: Partial<HttpToolServices> = {}): TestServices {
  const { services, close } = makeServices(options);
  onTestFinished(close);
  return services;
}

/** {@link testServices} for several tests: the caller closes them. */
export function makeServices(options: Partial<HttpToolServices> = {}): {
  readonly services: TestServices;
  readonly close: () => Promise<void>;
} {
  let now = START_MS;
  const clock = { now: () => now };
  const advance = (ms: number): void => {
    now += ms;
  };
  const pauses: number[] = [];
  const http = createHttpClient({ egress: { allowPrivate: ['127.0.0.0/8'] } });
  const breakers = new Map<string, CircuitBreaker>();
  const breakerOf = (endpoint: string): CircuitBreaker => {
    const breaker = breakers.get(endpoint) ?? new CircuitBreaker(endpoint, clock);
    breakers.set(endpoint, breaker);
    return breaker;
  };
  const sleep = async (ms: number): Promise<void> => {
    pauses.push(ms);
    advance(ms);
  };
  const services = {
    http,
    clock,
    random: () => 0.5,
    breakerOf,
    sleep,
    pauses,
    advance,
    ...options,
  };
  return { services, close: () => http.close(0) };
}

/** A connection to a base URL, without credentials. */
export function connectionTo(baseUrl: string | undefined, parts: Partial<ToolConnection> = {}): ToolConnection {
  return {
    id: 'con_1',
    workspaceId: 'default',
    pack: 'example',
    toolType: 'example',
    connectionType: 'http',
    name: 'example',
    ...(baseUrl === undefined ? {} : { remoteClusterUrl: baseUrl }),
    config: {},
    auth: { type: 'none' },
    owner: 'workspace',
    status: 'connected',
    ...parts,
  };
}

/** The context of a call; name only what the test is about. */
export function contextOf(parts: Partial<ToolContext> = {}): ToolContext {
  return {
    executionId: 'exe_01939a3c-7d2e-7bbb-8ccc-0123456789ab',
    idempotencyKey: 'key-1',
    principal: { id: 'tester', roles: [], permissions: [] },
    tenantId: 'default',
    workspaceId: 'support',
    signal: new AbortController().signal,
    deadline: START_MS + 60_000,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    extra: {},
    progress(_step: ToolProgress) {},
    elicit: () => Promise.reject(new Error('nobody answers questions here')),
    ...parts,
  };
}

/** Reads a backend that has to be right. */
function backendOf(spec: HttpBackendSpec): HttpBackend {
  const reading = parseHttpBackend(spec);
  if (reading.ok) return reading.backend;
  throw new Error(reading.problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
}

/** Calls a backend once. */
export function callBackend(
  spec: HttpBackendSpec,
  input: JsonObject,
  { services = testServices(), ...call }: Partial<HttpToolCall> & { readonly services?: HttpToolServices } = {},
): Promise<JsonValue | ToolResult> {
  const tool = createHttpTool(backendOf(spec), services);
  return tool(input, { connection: connectionTo(undefined), context: contextOf(), ...call });
}

/** The error that a call must end in. */
export async function errorOf(work: Promise<unknown>): Promise<CapstanError> {
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
