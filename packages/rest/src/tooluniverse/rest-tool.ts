import type { JsonObject, JsonValue, ToolConnection } from '@capstan/sdk';
import type { HttpBackend } from '../backend/http-backend.ts';
import { readContent } from '../call/answer-content.ts';
import { foreignText, isSuccess } from '../call/answer-error.ts';
import { exchange, type HttpToolCall, requestOf, resolveServices } from '../call/http-tool.ts';
import type { HttpToolServices } from '../call/http-tool-services.ts';
import type { SentAnswer } from '../call/send.ts';
import { isObject, ownMember } from '../json-object.ts';
import { callScope, lookUp } from '../request/call-scope.ts';
import type { PlannedRequest } from '../request/plan-request.ts';
import { writeFixedQuery } from '../request/write-query.ts';
import { readCsv } from './csv-table.ts';
import type { RestPlan } from './tooluniverse-tool.ts';

/** Does one call. Its result is `{ status, data, url, count? }`, or `{ status: 'error', … }` for what the service refused. */
export type ToolUniverseRunner = (input: JsonObject, call: HttpToolCall) => Promise<JsonObject>;

const MAX_DETAIL = 500;

/**
 * Makes a runner of a REST tool of ToolUniverse, with the results that it has there. What never became an answer (no
 * connection, no config, no time) is thrown, as by any other tool.
 */
export function createToolUniverseTool(name: string, plan: RestPlan, options: HttpToolServices): ToolUniverseRunner {
  const services = resolveServices(options);
  return async (input, call) => {
    const given = prepare(plan, input);
    const backend = backendFor(plan, call.connection);
    const { request, ...sent } = await exchange(
      backend,
      requestOf(backend, sentArguments(plan, given), { call, services }),
      { call, services },
    );
    return shape({ name, plan, sent, url: shownUrl(backend, request, given, call.connection), limit: given.limit });
  };
}

/** The arguments with their own names: nothing that is null, with aliases resolved, cases as wanted, defaults filled in. */
export function prepare(plan: RestPlan, input: JsonObject): JsonObject {
  const given = new Map(Object.entries(input));
  for (const name of plan.lowercased) replaceText(given, name, (text) => text.toLowerCase());
  for (const name of plan.uppercased) replaceText(given, name, (text) => text.toUpperCase());
  for (const [alias, name] of Object.entries(plan.aliases)) {
    const value = given.get(alias);
    given.delete(alias);
    if (value !== undefined && !given.has(name)) given.set(name, value);
  }
  const filled = new Map([...Object.entries(plan.defaults).filter(([name]) => !given.has(name)), ...given]);
  return Object.fromEntries([...filled].filter(([, value]) => value !== undefined && value !== null));
}

function replaceText(given: Map<string, JsonValue | undefined>, name: string, change: (text: string) => string): void {
  const value = given.get(name);
  if (typeof value === 'string') given.set(name, change(value));
}

/** The arguments under the names that the request has for them. */
export function sentArguments({ backend, renamed, limitsHere }: RestPlan, given: JsonObject): JsonObject {
  const inUrl = new Set(
    [...backend.url.path, ...backend.url.query.flat()].flatMap((slot) => (slot.kind === 'argument' ? [slot.name] : [])),
  );
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => {
      if (inUrl.has(name)) return [[name, value]];
      if (limitsHere && name === 'limit') return [];
      return [[Object.hasOwn(renamed, name) ? (renamed[name] ?? name) : name, value]];
    }),
  );
}

/** A key of one's own takes the place of the key that everybody may use. */
function backendFor({ backend, keyParameter }: RestPlan, { config }: ToolConnection): HttpBackend {
  if (!keyParameter || lookUp(config, keyParameter.setting) === undefined) return backend;
  return { ...backend, query: backend.query.filter(({ name }) => name !== keyParameter.name) };
}

/** The endpoint with its slots filled, without what was added to it. */
function shownUrl(
  backend: HttpBackend,
  request: PlannedRequest,
  given: JsonObject,
  { config }: ToolConnection,
): string {
  const query = writeFixedQuery(backend.url.query, callScope(given, config)).join('&');
  return `${request.baseUrl}${request.path}${query === '' ? '' : `?${query}`}`;
}

interface Shaping {
  readonly name: string;
  readonly plan: RestPlan;
  readonly sent: SentAnswer;
  readonly url: string;
  readonly limit: JsonValue | undefined;
}

function shape({ name, plan, sent: { answer }, url, limit }: Shaping): JsonObject {
  const text = answer.body.toString('utf8');
  if (!isSuccess(answer.status)) {
    const detail = foreignText(text, MAX_DETAIL);
    return { status: 'error', error: `${name} API error`, url, status_code: answer.status, detail };
  }
  const isPage = String(answer.headers['content-type']).includes('text/html') || /^\s*<(?:html|!doctype)/i.test(text);
  const json = plan.csvDelimiter === undefined ? parsed(text) : undefined;
  if (json === undefined && isPage) {
    return { status: 'error', error: `${name}: the service answered a web page in place of data`, url };
  }
  if (plan.csvDelimiter !== undefined) {
    const { records, columns } = readCsv(text, plan.csvDelimiter);
    return limited({ status: 'success', data: records, url, count: records.length, columns }, plan, limit);
  }
  const data = json === undefined ? textOf(answer) : extracted(json.value, plan.extractPath);
  return limited({ status: 'success', data, url, ...(Array.isArray(data) ? { count: data.length } : {}) }, plan, limit);
}

function textOf(answer: SentAnswer['answer']): JsonValue {
  const content = readContent(answer, 'text');
  return content.kind === 'text' ? content.text : '';
}

function parsed(text: string): { readonly value: JsonValue } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function extracted(value: JsonValue, path: string | undefined): JsonValue {
  if (path === undefined || !isObject(value)) return value;
  const member = ownMember(value, path);
  return isJson(member) ? member : value;
}

function isJson(value: unknown): value is JsonValue {
  return value !== undefined;
}

function limited(result: JsonObject, { limitsHere }: RestPlan, limit: JsonValue | undefined): JsonObject {
  const { data } = result;
  const most = Number(limit);
  if (
    !limitsHere ||
    limit === undefined ||
    !Array.isArray(data) ||
    !Number.isInteger(most) ||
    most < 0 ||
    data.length <= most
  )
    return result;
  return { ...result, data: data.slice(0, most), count: most, total_before_limit: data.length };
}
