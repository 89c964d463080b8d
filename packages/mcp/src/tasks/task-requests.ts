import { isCapstanError, type JsonObject } from '@capstan/sdk';
import { CLIENT_CAPABILITIES_META_KEY, ProtocolErrorCode, SERVER_INFO_META_KEY } from '@modelcontextprotocol/server';
import type { CatalogServerParts } from '../catalog-server.ts';
import type { McpCaller } from '../gateway.ts';
import { isObject, type RpcErrorBody } from '../upstream/message.ts';
import { hasTasks, TASKS_EXTENSION } from '../upstream/task-extension.ts';
import { protocolErrorOf } from '../upstream/upstream-failure.ts';
import type { Task, TaskDesk } from './task-desk.ts';

const MISSING_CAPABILITY = -32_021;
const HEADER_MISMATCH = -32_020;
const BAD_REQUESTS: ReadonlySet<number> = new Set([MISSING_CAPABILITY, HEADER_MISMATCH]);

const HANDLERS: Readonly<Record<string, (task: Task, params: JsonObject) => Promise<JsonObject>>> = {
  'tasks/get': (task) => task.view(),
  'tasks/update': async (task, { inputResponses }) => {
    if (!isObject(inputResponses)) throw invalid('tasks/update: inputResponses must be an object');
    await task.update(inputResponses as JsonObject);
    return {};
  },
  'tasks/cancel': async (task) => {
    await task.cancel();
    return {};
  },
};

/** Whether a body is a request of the tasks extension. */
export function isTaskRequest(body: unknown): body is JsonObject {
  return isObject(body) && typeof body.method === 'string' && Object.hasOwn(HANDLERS, body.method) && 'id' in body;
}

/**
 * Answers `tasks/get`, `tasks/update` and `tasks/cancel` of revision 2026-07-28. The SDK knows none of them: it has
 * checked the request's envelope and headers, and answered 404.
 */
export async function answerTaskRequest(
  { tasks, implementation, onError }: CatalogServerParts,
  caller: McpCaller,
  { request, body }: { readonly request: Request; readonly body: JsonObject },
): Promise<Response> {
  const id = body.id ?? null;
  try {
    requireName(request, body);
    const result = await resultOf(tasks, caller, body);
    const meta = { ...(isObject(result._meta) ? result._meta : {}), [SERVER_INFO_META_KEY]: implementation };
    return Response.json({ jsonrpc: '2.0', id, result: { ...result, resultType: 'complete', _meta: meta } });
  } catch (error) {
    const refusal = errorBodyOf(error, onError);
    return Response.json(
      { jsonrpc: '2.0', id, error: refusal },
      { status: BAD_REQUESTS.has(refusal.code) ? 400 : 200 },
    );
  }
}

/** `Mcp-Name` is the task's id. */
function requireName({ headers }: Request, { params }: JsonObject): void {
  const taskId = isObject(params) ? params.taskId : undefined;
  if (typeof taskId !== 'string' || headers.get('mcp-name') === taskId) return;
  throw new Refusal({ code: HEADER_MISMATCH, message: 'Header mismatch: Mcp-Name does not say params.taskId' });
}

async function resultOf(tasks: TaskDesk, caller: McpCaller, { method, params }: JsonObject): Promise<JsonObject> {
  const given = isObject(params) ? (params as JsonObject) : {};
  const meta = isObject(given._meta) ? given._meta : {};
  const capabilities = meta[CLIENT_CAPABILITIES_META_KEY];
  if (!hasTasks(isObject(capabilities) ? capabilities : undefined)) throw missingCapability();
  const { taskId } = given;
  if (typeof taskId !== 'string') throw invalid(`${String(method)}: taskId must be a string`);
  const task = await tasks.find(caller, taskId);
  if (task === undefined) throw invalid(`Unknown task: ${taskId.slice(0, 128)}`);
  return (await HANDLERS[String(method)]?.(task, given)) ?? {};
}

/** A protocol error on its way out. */
class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly body: RpcErrorBody;

  constructor(body: RpcErrorBody) {
    super(body.message);
    this.body = body;
  }
}

function invalid(message: string): Refusal {
  return new Refusal({ code: ProtocolErrorCode.InvalidParams, message });
}

function missingCapability(): Refusal {
  return new Refusal({
    code: MISSING_CAPABILITY,
    message: `Missing required client capability: ${TASKS_EXTENSION}`,
    data: { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
  });
}

/** The message of a defect is for the operator alone. */
function errorBodyOf(error: unknown, onError: (error: Error) => void): RpcErrorBody {
  if (error instanceof Refusal) return error.body;
  if (isCapstanError(error)) {
    const data = { code: error.code, hint: error.hint };
    const message = `${error.code}: ${error.message}`;
    return protocolErrorOf(error) ?? { code: ProtocolErrorCode.InternalError, message, data };
  }
  onError(error instanceof Error ? error : new Error(String(error)));
  return { code: ProtocolErrorCode.InternalError, message: 'Internal error' };
}
