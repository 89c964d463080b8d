import { randomUUID } from 'node:crypto';
import type { JsonObject } from '@capstan/sdk';
import { form, type SubjectAnswer, type SubjectCall, SubjectError, said } from './subject-call.ts';

const TASKS = 'io.modelcontextprotocol/tasks';
const MISSING_CAPABILITY = -32_021;
const TTL_MS = 60_000;

/** What the subject says of the extension. */
export const TASK_CAPABILITIES: JsonObject = { extensions: { [TASKS]: {} } };

interface SubjectTask {
  status: 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';
  readonly createdAt: string;
  lastUpdatedAt: string;
  result?: JsonObject;
  error?: JsonObject;
  readonly questions: Record<string, { readonly request: JsonObject; readonly answered: (answer: JsonObject) => void }>;
  readonly cancel: AbortController;
}

/** What a tool that runs as a task can do meanwhile. */
interface TaskWork {
  readonly pause: (ms: number) => Promise<void>;
  readonly ask: (key: string, request: JsonObject) => Promise<JsonObject>;
}

/** How a tool runs as a task; `needsTask`: it cannot be called otherwise. */
interface TaskTool {
  readonly schema?: JsonObject;
  readonly needsTask?: boolean;
  readonly run: (call: SubjectCall, work: TaskWork) => Promise<SubjectAnswer>;
}

const confirm = (message: string): JsonObject => form(message, { confirm: { type: 'boolean' } });

const TOOLS: Readonly<Record<string, TaskTool>> = {
  slow_compute: {
    schema: { type: 'object', properties: { seconds: { type: 'number' }, label: { type: 'string' } } },
    run: async ({ args }, { pause }) => {
      await pause(Number(args.seconds ?? 0) * 1000);
      return said('Computed.');
    },
  },
  failing_job: {
    needsTask: true,
    run: async (_call, { pause }) => {
      await pause(1000);
      return { result: { content: [{ type: 'text', text: 'The job failed.' }], isError: true } };
    },
  },
  protocol_error_job: {
    run: async (_call, { pause }) => {
      await pause(100);
      throw new SubjectError(-32_603, 'The job broke.');
    },
  },
  confirm_delete: {
    run: async (_call, { ask }) => said(JSON.stringify(await ask('confirm', confirm('Delete it?')))),
  },
  multi_input: {
    run: async (_call, { ask }) =>
      said(JSON.stringify(await Promise.all([ask('first', confirm('First?')), ask('second', confirm('Second?'))]))),
  },
  test_tool_with_task: {
    needsTask: true,
    run: async ({ answers }, { pause }) => {
      await pause(100);
      return said(`Hello, ${JSON.stringify(answers.user_name?.content)}!`);
    },
  },
};

/** The tools that run as tasks, and one beside them that never does. */
export const TASK_TOOLS: readonly JsonObject[] = [
  ...Object.entries(TOOLS).map(([name, { schema }]) => listed(name, schema)),
  listed('greet', { type: 'object', properties: { name: { type: 'string' } } }),
];

/** Tasks in memory, as a server with the extension has them. */
export class SubjectTasks {
  readonly #tasks = new Map<string, SubjectTask>();

  /** What a call of such a tool is answered with; undefined for another tool. */
  async call(name: string, call: SubjectCall): Promise<SubjectAnswer | undefined> {
    if (name === 'greet') return said(`Hello, ${String(call.args.name)}!`);
    const tool = Object.hasOwn(TOOLS, name) ? TOOLS[name] : undefined;
    if (tool === undefined) return undefined;
    if (name === 'test_tool_with_task' && call.answers.user_name === undefined) {
      return { ask: { user_name: form('What is your name?', { name: { type: 'string' } }) } };
    }
    if (hasTasks(call.capabilities)) {
      const { inputRequests: _later, ...created } = this.#start(tool, call);
      return { result: { ...created, resultType: 'task' } };
    }
    if (tool.needsTask === true) throw missingCapability();
    return tool.run(call, { pause, ask: async () => ({ action: 'cancel' }) });
  }

  /** Answers `tasks/get`, `tasks/update` and `tasks/cancel`. @throws SubjectError */
  answer(method: string, params: JsonObject): JsonObject {
    if (!hasTasks(capabilitiesIn(params))) throw missingCapability();
    const { taskId } = params;
    const task = this.#tasks.get(String(taskId));
    if (task === undefined) throw new SubjectError(-32_602, 'Unknown task');
    if (method === 'tasks/get') return { resultType: 'complete', ...view(String(taskId), task) };
    if (method === 'tasks/cancel') cancel(task);
    else {
      for (const [key, answer] of Object.entries((params.inputResponses ?? {}) as JsonObject)) {
        const question = task.questions[key];
        delete task.questions[key];
        question?.answered(answer as JsonObject);
      }
    }
    return { resultType: 'complete' };
  }

  #start(tool: TaskTool, call: SubjectCall): JsonObject {
    const id = randomUUID();
    const now = new Date().toISOString();
    const task: SubjectTask = {
      status: 'working',
      createdAt: now,
      lastUpdatedAt: now,
      questions: {},
      cancel: new AbortController(),
    };
    this.#tasks.set(id, task);
    const ask: TaskWork['ask'] = (key, request) =>
      new Promise((answered) => {
        task.questions[key] = { request, answered };
        become(task, 'input_required');
      });
    tool.run(call, { pause, ask }).then(
      (answer) => {
        if ('result' in answer) task.result = answer.result;
        become(task, 'completed');
      },
      (error: unknown) => {
        task.error = { code: -32_603, message: String(error) };
        become(task, 'failed');
      },
    );
    return view(id, task);
  }
}

function view(taskId: string, task: SubjectTask): JsonObject {
  const open = Object.entries(task.questions);
  const status = task.status === 'input_required' && open.length === 0 ? 'working' : task.status;
  const { createdAt, lastUpdatedAt, result, error } = task;
  return {
    taskId,
    status,
    createdAt,
    lastUpdatedAt,
    ttlMs: TTL_MS,
    pollIntervalMs: 50,
    ...(status === 'input_required'
      ? { inputRequests: Object.fromEntries(open.map(([key, { request }]) => [key, request])) }
      : {}),
    ...(status === 'completed' && result !== undefined ? { result } : {}),
    ...(status === 'failed' && error !== undefined ? { error } : {}),
  };
}

/** What has ended stays as it ended. */
function become(task: SubjectTask, status: SubjectTask['status']): void {
  if (task.status === 'completed' || task.status === 'failed' || task.status === 'cancelled') return;
  task.status = status;
  task.lastUpdatedAt = new Date().toISOString();
}

function cancel(task: SubjectTask): void {
  become(task, 'cancelled');
  task.cancel.abort();
}

function hasTasks({ extensions }: JsonObject): boolean {
  return typeof extensions === 'object' && extensions !== null && TASKS in extensions;
}

function capabilitiesIn({ _meta: meta }: JsonObject): JsonObject {
  const declared = (meta as JsonObject | undefined)?.['io.modelcontextprotocol/clientCapabilities'];
  return (declared ?? {}) as JsonObject;
}

function missingCapability(): SubjectError {
  const data = { requiredCapabilities: TASK_CAPABILITIES };
  return new SubjectError(MISSING_CAPABILITY, 'Missing required client capability: tasks', data);
}

function listed(name: string, inputSchema: JsonObject = { type: 'object' }): JsonObject {
  return { name, description: `Of the suite: ${name}.`, inputSchema };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
