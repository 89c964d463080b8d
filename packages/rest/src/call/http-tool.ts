import { setTimeout as systemSleep } from 'node:timers/promises';
import { createAuthenticator } from '@capstan/http';
import type { JsonObject, JsonValue, RemoteCallPolicy, ToolConnection, ToolContext, ToolResult } from '@capstan/sdk';
import type { HttpBackend, Pagination } from '../backend/http-backend.ts';
import { type PlannedRequest, planRequest } from '../request/plan-request.ts';
import { resolvePolicy } from './call-policy.ts';
import { redirected } from './follow.ts';
import type { HttpToolServices, ResolvedServices } from './http-tool-services.ts';
import { type Page, type PagePlace, readPages } from './paginate.ts';
import { jsonOf, pick, readAnswer, variablesOf } from './read-answer.ts';
import { type SentAnswer, send } from './send.ts';

/** One call of a declared HTTP tool. */
export interface HttpToolCall {
  /** Its resolved config fills `${config.key}`; its credentials are attached as `auth:` says. */
  readonly connection: ToolConnection;
  readonly context: ToolContext;
  /** Absent: the defaults of the remote contract. An absent egress list means the host of the URL. */
  readonly policy?: RemoteCallPolicy;
}

/**
 * Does one call.
 * @throws CapstanError `CAPSTAN_INVALID_ARGUMENTS`, `CAPSTAN_NEEDS_CONFIG`, `CAPSTAN_CONFIG_INVALID`, `CAPSTAN_REMOTE_*`,
 * `CAPSTAN_CIRCUIT_OPEN`, `CAPSTAN_EGRESS_DENIED`, `CAPSTAN_CANCELLED` or `CAPSTAN_DEADLINE_EXCEEDED`.
 */
export type HttpToolRunner = (input: JsonObject, call: HttpToolCall) => Promise<JsonValue | ToolResult>;

const DEFAULT_USER_AGENT = 'capstan';
const MAX_REDIRECTS = 5;

/** Makes a tool of a backend. */
export function createHttpTool(backend: HttpBackend, options: HttpToolServices): HttpToolRunner {
  const services = resolveServices(options);
  const { pagination } = backend;
  if (!pagination) return async (input, call) => callOnce(backend, input, { call, services });
  return async (input, call) => callPaged({ ...backend, pagination }, input, { call, services });
}

/** Fills in what a host leaves to us. */
export function resolveServices(options: HttpToolServices): ResolvedServices {
  const { http, clock } = options;
  return {
    ...options,
    authenticator: options.authenticator ?? createAuthenticator({ http, clock }),
    sleep: options.sleep ?? ((ms, signal) => systemSleep(ms, undefined, { signal })),
    userAgent: options.userAgent ?? DEFAULT_USER_AGENT,
  };
}

/** A call and what it is made with. */
export interface CallTools {
  readonly call: HttpToolCall;
  readonly services: ResolvedServices;
}

/** Writes the request of a call. */
export function requestOf(backend: HttpBackend, input: JsonObject, { call, services }: CallTools): PlannedRequest {
  const { connection, context } = call;
  return planRequest(backend, input, { connection, context, userAgent: services.userAgent });
}

/** Sends a request, and follows redirects where the backend allows it. */
export async function exchange(
  backend: HttpBackend,
  planned: PlannedRequest,
  { call, services }: CallTools,
): Promise<SentAnswer & { readonly request: PlannedRequest }> {
  const policy = resolvePolicy(backend, call.policy);
  const { maxBytes } = backend.response;
  let request = planned;
  for (let redirects = 0; ; redirects += 1) {
    const sent = await send({ ...call, request, policy, maxResponseBytes: maxBytes }, services);
    const next = backend.followsRedirects && redirects < MAX_REDIRECTS ? redirected(request, sent.answer) : undefined;
    if (!next) return { ...sent, request };
    request = next;
  }
}

async function callOnce(backend: HttpBackend, input: JsonObject, tools: CallTools): Promise<JsonValue | ToolResult> {
  const { request, ...sent } = await exchange(backend, requestOf(backend, input, tools), tools);
  return readAnswer({ sent, backend, input, uri: uriOf(request), now: tools.services.clock.now() });
}

async function callPaged(
  backend: HttpBackend & { readonly pagination: Pagination },
  input: JsonObject,
  tools: CallTools,
): Promise<JsonValue> {
  const { services, call } = tools;
  const plain: HttpBackend = { ...backend, response: { ...backend.response, pick: undefined } };
  let last: Page['variables'] | undefined;
  const readPage = async (place: PagePlace, number: number): Promise<Page> => {
    if (number > 1) call.context.progress({ progress: number - 1, message: `page ${number}` });
    const asked = place.kind === 'request' ? place.request : requestOf(plain, place.input, tools);
    const { request, ...sent } = await exchange(plain, asked, tools);
    const result = readAnswer({ sent, backend: plain, input, uri: uriOf(request), now: services.clock.now() });
    last = { ...variablesOf(sent, input), body: jsonOf(result) };
    return { request, variables: last };
  };
  const paged = await readPages(backend.pagination, input, readPage);
  return pick(backend.response.pick, {
    status: last?.status ?? 200,
    headers: last?.headers ?? {},
    input,
    body: { ...paged },
  });
}

function uriOf({ baseUrl, path }: PlannedRequest): string {
  return `${baseUrl.replace(/\/+$/, '')}${path}`;
}
