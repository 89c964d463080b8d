import type { JsonObject } from '@capstan/sdk';
import type { CallerChannel } from './caller-channel.ts';
import { isObject, METHOD_NOT_FOUND, RpcError, type RpcErrorBody } from './message.ts';

/** How a task of a server is followed to its end. */
export interface TaskFollowing {
  /** The answer that created it. */
  readonly created: JsonObject;
  /** Makes a request to its server. */
  readonly ask: (method: string, params: JsonObject, signal: AbortSignal | undefined) => Promise<JsonObject>;
  readonly channel: CallerChannel | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((params: JsonObject) => void) | undefined;
}

const DEFAULT_POLL_MS = 1_000;
const POLL_MS = { min: 20, max: 30_000 };

/**
 * The result of a task, for a caller who cannot follow one.
 *
 * 1. It is asked for again after the time that the server wishes, until it has ended or the caller's signal is aborted;
 *    the call's deadline aborts it.
 * 2. What the task asks goes to the caller once, and the answer to the task.
 * 3. A caller who goes away cancels the task.
 *
 * @throws RpcError what the task failed with
 */
export async function followTask(following: TaskFollowing): Promise<JsonObject> {
  const { created, ask, signal } = following;
  const { taskId } = created;
  if (typeof taskId !== 'string') throw new RpcError({ code: -32_603, message: 'the task has no id' });
  const answered = new Set<string>();
  let task = created;
  try {
    for (;;) {
      const end = endOf(task);
      if (end !== undefined) return end;
      if (task.status === 'input_required') await answerTask(following, { taskId, task, answered });
      await pause(pollMsOf(task), signal);
      task = await ask('tasks/get', { taskId }, signal);
      following.onProgress?.(progressOf(task));
    }
  } catch (error) {
    // 3: whether the server hears it changes nothing for the caller.
    if (endOf(task) === undefined) ask('tasks/cancel', { taskId }, undefined).catch(() => undefined);
    throw error;
  }
}

/** The result of a task that completed; undefined for one that goes on. @throws RpcError for one that ended otherwise */
function endOf({ status, result, error }: JsonObject): JsonObject | undefined {
  if (status === 'completed') return isObject(result) ? (result as JsonObject) : {};
  if (status === 'failed') throw new RpcError(asErrorBody(error));
  if (status === 'cancelled') throw new RpcError({ code: -32_603, message: 'the MCP server cancelled the task' });
  return undefined;
}

function asErrorBody(error: unknown): RpcErrorBody {
  if (isObject(error as JsonObject)) {
    const { code, message, data } = error as JsonObject;
    if (typeof code === 'number' && typeof message === 'string') {
      return { code, message, ...(data === undefined ? {} : { data }) };
    }
  }
  return { code: -32_603, message: 'the task failed, and its server does not say why' };
}

/** 2 */
async function answerTask(
  { ask, channel, signal }: TaskFollowing,
  { taskId, task, answered }: { readonly taskId: string; readonly task: JsonObject; readonly answered: Set<string> },
): Promise<void> {
  const open = Object.entries(isObject(task.inputRequests) ? task.inputRequests : {}).filter(
    ([key]) => !answered.has(key),
  );
  const stop = signal ?? new AbortController().signal;
  const answers = open.map(async ([key, request]) => {
    if (channel === undefined || !isObject(request) || typeof request.method !== 'string') {
      throw new RpcError({ code: METHOD_NOT_FOUND, message: 'this caller cannot answer what the task asks' });
    }
    const params = isObject(request.params) ? (request.params as JsonObject) : undefined;
    answered.add(key);
    return [key, await channel.request({ method: request.method, params, key, signal: stop })] as const;
  });
  if (answers.length === 0) return;
  await ask('tasks/update', { taskId, inputResponses: Object.fromEntries(await Promise.all(answers)) }, signal);
}

function progressOf({ statusMessage }: JsonObject): JsonObject {
  return typeof statusMessage === 'string' ? { progress: 0, message: statusMessage } : { progress: 0 };
}

function pollMsOf({ pollIntervalMs }: JsonObject): number {
  const wished = typeof pollIntervalMs === 'number' ? pollIntervalMs : DEFAULT_POLL_MS;
  return Math.min(Math.max(wished, POLL_MS.min), POLL_MS.max);
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return void reject(signal.reason);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
