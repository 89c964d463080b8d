import { createHmac, randomBytes } from 'node:crypto';
import type { JsonObject } from '@capstan/sdk';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  CLIENT_CAPABILITIES_META_KEY,
  createMcpHandler,
  type McpHttpHandler,
  ProtocolError,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { listen, type Subject } from './subject.ts';
import { type SubjectAnswer, type SubjectCall, SubjectError, type SubjectQuestions } from './subject-call.ts';
import { SUBJECT_CAPABILITIES, subjectContents, subjectHandler, subjectList } from './subject-offer.ts';
import { SubjectTasks, TASK_CAPABILITIES, TASK_TOOLS } from './subject-tasks.ts';

type Answers = Readonly<Record<string, JsonObject | undefined>>;

/** The subject in revision 2026-07-28. Keeps nothing of a call: what it knows travels with the client, signed. */
export async function subject2026(): Promise<Subject> {
  const secret = randomBytes(32);
  const extra = { tools: false, prompts: false };
  const tasks = new SubjectTasks();
  const handler: McpHttpHandler = createMcpHandler(
    () => {
      const server = new Server(
        { name: 'subject', version: '1' },
        { capabilities: { ...SUBJECT_CAPABILITIES, ...TASK_CAPABILITIES } as never, instructions: 'For the suite.' },
      );
      const list = (method: string) => () => subjectList(method, extra) as never;
      server.setRequestHandler('tools/list', () => {
        const { tools } = subjectList('tools/list', extra);
        return { tools: [...(tools as JsonObject[]), ...TASK_TOOLS] } as never;
      });
      server.setRequestHandler('prompts/list', list('prompts/list'));
      server.setRequestHandler('resources/list', list('resources/list'));
      server.setRequestHandler('resources/templates/list', list('resources/templates/list'));
      server.setRequestHandler('completion/complete', () => ({ completion: { values: ['paris', 'park'], total: 2 } }));
      server.setRequestHandler('resources/read', ({ params }) => told(() => subjectContents(params.uri)) as never);
      const run = async (method: 'tools/call' | 'prompts/get', params: JsonObject, context: ServerContext) => {
        const known = openState(secret, context.mcpReq.requestState());
        const answers = { ...known, ...validAnswers(context.mcpReq.inputResponses) };
        const name = String(params.name);
        const call = callOf({ params, context, answers, changed });
        const asTask = method === 'tools/call' ? await tasks.call(name, call) : undefined;
        const answer = asTask ?? (await subjectHandler(method, name)(call));
        return toResult(answer, (questions) => seal(secret, questions, answers));
      };
      const changed = (changedList: 'tools' | 'prompts'): void => {
        extra[changedList] = !extra[changedList];
        if (changedList === 'tools') handler.notify.toolsChanged();
        else handler.notify.promptsChanged();
      };
      server.setRequestHandler('tools/call', ({ params }, context) =>
        told(() => run('tools/call', params as JsonObject, context) as never),
      );
      server.setRequestHandler('prompts/get', ({ params }, context) =>
        told(() => run('prompts/get', params as JsonObject, context) as never),
      );
      return server;
    },
    { legacy: 'reject' },
  );
  const handle = toNodeHandler({ ...handler, fetch: withTasks(handler, tasks) });
  return listen(
    (request, response) => handle(request as Parameters<typeof handle>[0], response),
    () => handler.close(),
  );
}

/** The SDK checks requests of the extension, and knows none of them: what it answers with 404 is ours. */
function withTasks(handler: McpHttpHandler, tasks: SubjectTasks): McpHttpHandler['fetch'] {
  return async (request, options) => {
    const body = (options?.parsedBody ?? (request.method === 'POST' ? await request.clone().json() : {})) as JsonObject;
    const response = await handler.fetch(request, options);
    const method = String(body.method);
    if (response.status !== 404 || !/^tasks\/(?:get|update|cancel)$/.test(method)) return response;
    const reply = { jsonrpc: '2.0', id: body.id ?? null };
    try {
      return Response.json({ ...reply, result: tasks.answer(method, (body.params ?? {}) as JsonObject) });
    } catch (error) {
      if (!(error instanceof SubjectError)) throw error;
      const { code, message, data } = error;
      return Response.json({ ...reply, error: { code, message, ...(data === undefined ? {} : { data }) } });
    }
  };
}

function callOf({
  params,
  context: { mcpReq },
  answers,
  changed,
}: {
  readonly params: JsonObject;
  readonly context: ServerContext;
  readonly answers: Answers;
  readonly changed: SubjectCall['changed'];
}): SubjectCall {
  const { envelope, _meta: meta } = mcpReq;
  const declared: unknown = envelope === undefined ? undefined : Reflect.get(envelope, CLIENT_CAPABILITIES_META_KEY);
  const progressToken = meta?.progressToken;
  return {
    args: (params.arguments ?? {}) as JsonObject,
    answers,
    capabilities: (declared ?? {}) as JsonObject,
    log: (level, data) => mcpReq.log(level, data),
    progress: async (progress, total) => {
      if (progressToken === undefined) return;
      await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total } });
    },
    changed,
  };
}

function toResult(answer: SubjectAnswer, seal: (questions: SubjectQuestions) => string | undefined): JsonObject {
  if ('result' in answer) return answer.result;
  const requestState = seal(answer);
  return {
    resultType: 'input_required',
    inputRequests: answer.ask,
    ...(requestState === undefined ? {} : { requestState }),
  };
}

/** An answer is an object; anything else was not said. */
function validAnswers(responses: unknown): Answers {
  if (typeof responses !== 'object' || responses === null) return {};
  return Object.fromEntries(
    Object.entries(responses).filter(([, answer]) => typeof answer === 'object' && answer !== null),
  );
}

function seal(secret: Buffer, { isSigned }: SubjectQuestions, answers: Answers): string | undefined {
  if (isSigned !== true) return undefined;
  const text = Buffer.from(JSON.stringify({ answers, nonce: randomBytes(8).toString('hex') })).toString('base64url');
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** @throws SubjectError for a state that is not of this server */
function openState(secret: Buffer, state: unknown): Answers {
  if (state === undefined) return {};
  const [text = '', mark = ''] = String(state).split('.');
  const isOwn = createHmac('sha256', secret).update(text).digest('base64url') === mark;
  if (!isOwn) throw new SubjectError(-32_602, 'requestState is not of this server');
  return (JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as { readonly answers: Answers }).answers;
}

async function told<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SubjectError) throw new ProtocolError(error.code, error.message, error.data);
    throw error;
  }
}
