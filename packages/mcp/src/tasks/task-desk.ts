import type { JsonObject } from '@capstan/sdk';
import type { Result } from '@modelcontextprotocol/server';
import type { McpCaller, McpGateway } from '../gateway.ts';
import type { LiveCall } from '../live-call.ts';
import { taskOriginOf } from '../upstream/task-origin.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { LiveTasks } from './live-tasks.ts';
import type { LongRunningCall, LongRunningState } from './long-running.ts';
import type { SealedTaskIds } from './sealed-task-id.ts';

/** A task as a client meets it. */
export interface Task {
  /** `DetailedTask` of SEP-2663. */
  view(): Promise<JsonObject>;
  update(responses: JsonObject): Promise<void>;
  cancel(): Promise<void>;
}

/** How often a client is asked to look, in ms. */
const POLL_INTERVAL_MS = 1_000;

/** Finds tasks of every origin: calls of this process, work that others keep, tasks of MCP servers. */
export class TaskDesk {
  /** How long a call may take before it becomes a task, in ms. */
  readonly afterMs: number;
  readonly #gateway: McpGateway;
  readonly #live: LiveTasks;
  readonly #ids: SealedTaskIds;

  constructor(parts: {
    readonly afterMs: number;
    readonly gateway: McpGateway;
    readonly live: LiveTasks;
    readonly ids: SealedTaskIds;
  }) {
    this.afterMs = parts.afterMs;
    this.#gateway = parts.gateway;
    this.#live = parts.live;
    this.#ids = parts.ids;
  }

  /** The answer to a call that goes on; undefined where there is no room for one more. */
  async begin(call: LiveCall<Result>, caller: McpCaller): Promise<Result | undefined> {
    const kept = this.#live.keep(call, caller);
    return kept && createdResult(await viewOf(kept.id, kept.task));
  }

  /** The answer to a call whose work somebody else keeps under an id; undefined where nobody does. */
  async keptBy(caller: McpCaller, id: string): Promise<Result | undefined> {
    const kept = await this.#gateway.longRunning?.find(caller, id);
    return kept && createdResult(await viewOf(id, kept));
  }

  /** A server's answer that created a task, with an id by which this gateway knows it again. */
  passOn(caller: McpCaller, created: JsonObject): Result {
    const origin = taskOriginOf(created);
    const server = this.#servers(caller).find(({ upstream }) => upstream === origin)?.name;
    if (server === undefined) throw new Error('the server of a task has gone');
    return { ...created, taskId: this.#ids.seal(caller, { server, own: String(created.taskId) }) };
  }

  async find(caller: McpCaller, id: string): Promise<Task | undefined> {
    const live = this.#live.find(caller, id) ?? (await this.#gateway.longRunning?.find(caller, id));
    if (live !== undefined) return taskOf(id, live);
    const place = this.#ids.open(caller, id);
    const server = place && this.#servers(caller).find(({ name }) => name === place.server);
    return server && this.#upstreamTask(caller, { id, own: place.own, upstream: server.upstream });
  }

  close(): void {
    this.#live.close();
  }

  #servers({ workspace }: McpCaller): ReturnType<NonNullable<McpGateway['upstreams']>['all']> {
    return this.#gateway.upstreams?.all(workspace) ?? [];
  }

  #upstreamTask(
    caller: McpCaller,
    { id, own: taskId, upstream }: { readonly id: string; readonly own: string; readonly upstream: Upstream },
  ): Task {
    const { signal } = new AbortController();
    const ask = async (
      method: 'tasks/get' | 'tasks/update' | 'tasks/cancel',
      more: JsonObject = {},
    ): Promise<JsonObject> => {
      const params = { taskId, ...more };
      return (await this.#gateway.upstreams?.request({ caller, upstream, method, params, signal })) ?? {};
    };
    return {
      view: async () => ({ ...(await ask('tasks/get')), taskId: id }),
      update: async (inputResponses) => void (await ask('tasks/update', { inputResponses })),
      cancel: async () => void (await ask('tasks/cancel')),
    };
  }
}

function taskOf(id: string, call: LongRunningCall): Task {
  return {
    view: () => viewOf(id, call),
    update: async (responses) => call.answer(responses),
    cancel: async () => call.cancel(),
  };
}

/** `CreateTaskResult` is the task without what came of it. */
function createdResult({ inputRequests: _requests, result: _result, error: _error, ...task }: JsonObject): Result {
  return { ...task, resultType: 'task' };
}

async function viewOf(taskId: string, call: LongRunningCall): Promise<JsonObject> {
  const state = await call.state();
  return {
    taskId,
    status: state.kind,
    ...('message' in state ? { statusMessage: state.message } : {}),
    createdAt: new Date(call.createdAt).toISOString(),
    lastUpdatedAt: new Date(call.updatedAt).toISOString(),
    ttlMs: call.ttlMs ?? null,
    pollIntervalMs: POLL_INTERVAL_MS,
    ...outcomeOf(state),
  };
}

function outcomeOf(state: LongRunningState): JsonObject {
  switch (state.kind) {
    case 'input_required':
      return { inputRequests: state.requests };
    case 'completed':
      return { result: state.result };
    case 'failed':
      return { error: { ...state.error } };
    default:
      return {};
  }
}
