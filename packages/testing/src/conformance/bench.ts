import type { JsonObject, JsonValue } from '@capstan/sdk';
import type { Discovery, Subject } from './survey.ts';
import type { Send, Wire, WireAnswer } from './wire.ts';

/** What every check works with. */
export interface Bench {
  readonly wire: Wire;
  /** The token; undefined for a service that needs none. */
  readonly token: string | undefined;
  /** What the service says of itself. */
  readonly discovery: Discovery;
  /** The tool that is called, with its sample; undefined where nobody has named one. */
  readonly subject: Subject | undefined;
  /** How long an answer should take at most, in ms. */
  readonly answerWithinMs: number;
  /** How long a job may take in the kit, in ms. */
  readonly jobWithinMs: number;
  /** A name that nobody has used before. */
  readonly newName: () => string;
  readonly pause: (ms: number) => Promise<void>;
}

/** A call as a host makes it; what differs is named. */
export interface Call {
  readonly tool: string;
  readonly isBatch?: boolean;
  readonly params?: JsonObject;
  /** Sent as it is, in place of params and context. */
  readonly body?: string;
  /** `null`: no context at all. */
  readonly context?: JsonObject | null;
  /** `null`: no Authorization header. */
  readonly authorization?: string | null;
  readonly idempotencyKey?: string;
  /** Added, or put in the place of those of the same name, written in the same case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Only what the outline of the contract has: a provider may know no more. */
  readonly isBare?: boolean;
  /** Default: a connection of its own. */
  readonly send?: Send;
}

/** Calls a tool. */
export function callTool(bench: Bench, call: Call): Promise<WireAnswer> {
  const send = call.send ?? bench.wire.send;
  return send({
    method: 'POST',
    // As the host writes it: everything but the letters, digits and `-_.!~*'()` is escaped.
    path: toolPath(call),
    headers: headersOf(bench, call),
    body: call.body ?? JSON.stringify(bodyOf(bench, call)),
  });
}

function toolPath({ tool, isBatch }: Call): string {
  return `/v1/tools/${encodeURIComponent(tool)}${isBatch === true ? ':batch' : ''}`;
}

function bodyOf(bench: Bench, { params = {}, context = contextOf(bench) }: Call): JsonValue {
  return context === null ? params : { ...params, context };
}

/** The context that every call has. */
export function contextOf({ newName }: Bench): JsonObject {
  return { tenant_id: 'default', workspace_id: 'default', execution_id: `exe_${newName()}` };
}

function headersOf(bench: Bench, call: Call): Readonly<Record<string, string>> {
  const authorization = call.authorization === undefined ? authorizationOf(bench) : call.authorization;
  const credentials: Readonly<Record<string, string>> = authorization === null ? {} : { Authorization: authorization };
  const outline = { ...credentials, 'Content-Type': 'application/json' };
  if (call.isBare === true) return outline;
  return {
    ...outline,
    'Idempotency-Key': call.idempotencyKey ?? `conformance-${bench.newName()}`,
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    'X-Capstan-Contract': '1',
    'X-Capstan-Deadline-Ms': '30000',
    ...call.headers,
  };
}

/** The right credentials, as a header's value; null where there are none. */
export function authorizationOf({ token }: Bench): string | null {
  return token === undefined ? null : `Bearer ${token}`;
}

/** Asks for something that is no tool. */
export function look(
  bench: Bench,
  path: string,
  { method = 'GET', authorization = authorizationOf(bench), mayBeAbsent = false }: LookOptions = {},
): Promise<WireAnswer> {
  return bench.wire.send({
    method,
    path,
    headers: { Accept: 'application/json', ...(authorization === null ? {} : { Authorization: authorization }) },
    mayBeAbsent,
  });
}

/** How {@link look} asks. */
export interface LookOptions {
  readonly method?: string;
  readonly authorization?: string | null;
  readonly mayBeAbsent?: boolean;
}
