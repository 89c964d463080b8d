import type { Host, InvokeRequest } from '@capstan/host';
import { ERROR_CODES, type ErrorCode, type InvocationOutcome, type JsonObject } from '@capstan/sdk';
import type { CallGate } from '../call-gate.ts';
import { numberIn, objectIn, objectsIn, textIn } from './json-reader.ts';
import type { Route, RouteParameter, RouteRequest, RouteSchema } from './route.ts';
import { component } from './route-schemas.ts';
import { type HttpReply, outcomeReply, writeOutcome } from './wire-outcome.ts';

const MAX_CALLS = 100;
const DEFAULT_WORKERS = 5;

/** Calling tools. */
export function invokeRoutes(host: Host, gate: CallGate): readonly Route[] {
  return [invokeTool(host, gate), invoke(host, gate)];
}

const HEADERS: Readonly<Record<string, RouteParameter>> = {
  'idempotency-key': {
    description: 'The same key for a repeated request: the remote side then does the work once.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  },
  traceparent: { description: 'W3C Trace Context.', schema: { type: 'string', maxLength: 512 } },
  tracestate: { description: 'W3C Trace Context; goes on untouched.', schema: { type: 'string', maxLength: 512 } },
};

const ARGUMENTS: RouteSchema = {
  type: 'object',
  description: "The tool's arguments; its input_schema describes them.",
};
const CONTEXT: RouteSchema = {
  type: 'object',
  description: 'Context keys for tools that declare them. Never sets tenant, workspace or execution id.',
};
const CONNECTION: RouteSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 256,
  description: 'Id or name of a connection, where the tool has more than one.',
};
const NAME: RouteSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 256,
  description: 'Exposed name, tool id or alias.',
};

/** What a call may end with. */
const CALL_ERRORS = Object.keys(ERROR_CODES) as readonly ErrorCode[];

function invokeTool(host: Host, gate: CallGate): Route {
  return {
    method: 'post',
    path: '/v1/workspaces/{workspace}/tools/{tool}/invoke',
    operationId: 'invokeTool',
    tag: 'tools',
    summary: 'Call one tool',
    description:
      'With `Accept: text/event-stream` the answer is a stream: any number of `progress` events, then one `result` event with the outcome. A client that goes away cancels the call.',
    access: 'agent',
    headers: HEADERS,
    body: {
      required: false,
      variants: [
        {
          type: 'object',
          properties: { arguments: ARGUMENTS, context: CONTEXT, connection: CONNECTION },
          additionalProperties: false,
        },
      ],
      example: { arguments: { to: 'U1', messages: [{ type: 'text', text: 'hi' }] } },
    },
    responses: { 200: component('Outcome'), 202: component('Outcome') },
    streams: true,
    errors: CALL_ERRORS,
    handle: (request) => answerOne({ host, gate, request }, callOf(request, request.body, request.path.tool ?? '')),
  };
}

function invoke(host: Host, gate: CallGate): Route {
  const call = { name: NAME, arguments: ARGUMENTS, context: CONTEXT, connection: CONNECTION };
  const one: RouteSchema = { type: 'object', required: ['name'], properties: call, additionalProperties: false };
  return {
    method: 'post',
    path: '/v1/workspaces/{workspace}/invoke',
    operationId: 'invoke',
    tag: 'tools',
    summary: 'Call one tool by name, or several at once',
    description:
      'With `calls` the outcomes come in the order of the calls, each with its own status, and the answer itself is 200. One that fails does not stop the rest. Streams like the call of one tool; `progress` events then have the `index` of their call.',
    access: 'agent',
    headers: HEADERS,
    body: {
      required: true,
      variants: [
        one,
        {
          type: 'object',
          required: ['calls'],
          properties: {
            calls: { type: 'array', minItems: 1, maxItems: MAX_CALLS, items: one },
            max_workers: { type: 'integer', minimum: 1, maximum: 50, default: DEFAULT_WORKERS },
          },
          additionalProperties: false,
        },
      ],
      example: { calls: [{ name: 'line_list_messages', arguments: {} }], max_workers: 5 },
    },
    responses: {
      200: {
        anyOf: [
          component('Outcome'),
          {
            type: 'object',
            required: ['items'],
            properties: { items: { type: 'array', items: component('Outcome') } },
            additionalProperties: false,
          },
        ],
      },
      202: component('Outcome'),
    },
    streams: true,
    errors: CALL_ERRORS,
    handle: (request) => {
      const { body } = request;
      const calls = objectsIn(body, 'calls');
      const exchange = { host, gate, request };
      if (calls === undefined) return answerOne(exchange, callOf(request, body, textIn(body, 'name') ?? ''));
      const requests = calls.map((item, index) => numbered(callOf(request, item, textIn(item, 'name') ?? ''), index));
      return answerMany(exchange, requests, numberIn(body, 'max_workers') ?? DEFAULT_WORKERS);
    },
  };
}

interface Exchange {
  readonly host: Host;
  readonly gate: CallGate;
  readonly request: RouteRequest;
}

async function answerOne({ host, gate, request }: Exchange, call: InvokeRequest): Promise<HttpReply | undefined> {
  const events = request.openEvents?.();
  let limit: Parameters<typeof outcomeReply>[1];
  const outcome = await gate.run(request.signal, (signal) =>
    host.invoke({
      ...call,
      signal,
      onRateLimit: (window) => {
        limit = window;
      },
      ...(events === undefined ? {} : { onProgress: (step) => events.offer('progress', step) }),
    }),
  );
  if (events === undefined) return outcomeReply(outcome, limit);
  events.finish('result', writeOutcome(outcome).json);
  return undefined;
}

async function answerMany(
  { host, gate, request }: Exchange,
  calls: readonly InvokeRequest[],
  maxWorkers: number,
): Promise<HttpReply | undefined> {
  const events = request.openEvents?.();
  const outcomes = await gate.run(request.signal, (signal): Promise<readonly InvocationOutcome[]> => {
    const watched = calls.map((call, index) => ({
      ...call,
      signal,
      ...(events === undefined
        ? {}
        : { onProgress: (step: object): void => events.offer('progress', { ...step, index }) }),
    }));
    return host.invokeMany(watched, { maxWorkers });
  });
  const json = `{"items":[${outcomes.map((outcome) => writeOutcome(outcome).json).join(',')}]}`;
  if (events === undefined) return { status: 200, body: undefined, json };
  events.finish('result', json);
  return undefined;
}

function callOf(request: RouteRequest, body: JsonObject, tool: string): InvokeRequest {
  const connection = textIn(body, 'connection');
  const context = objectIn(body, 'context');
  const idempotencyKey = request.header('idempotency-key');
  const traceparent = request.header('traceparent');
  const tracestate = request.header('tracestate');
  return {
    workspace: request.workspace,
    principal: request.caller.principal,
    origin: request.origin,
    surface: 'rest',
    tool,
    arguments: objectIn(body, 'arguments') ?? {},
    ...(connection === undefined ? {} : { connection }),
    ...(context === undefined ? {} : { context }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
  };
}

/** One header, many calls: each gets a key of its own, the same in a repetition of the request. */
function numbered(call: InvokeRequest, index: number): InvokeRequest {
  return call.idempotencyKey === undefined ? call : { ...call, idempotencyKey: `${call.idempotencyKey}:${index}` };
}
