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

type Answers = Readonly<Record<string, JsonObject | undefined>>;

/** The subject in revision 2026-07-28. Keeps nothing of a call: what it knows travels with the client, signed. */
export async function subject2026(): Promise<Subject> {
  const secret = randomBytes(32);
  const extra = { tools: false, prompts: false };
  const handler: McpHttpHandler = createMcpHandler(
    () => {
      const server = new Server(
        { name: 'subject', version: '1' },
        { capabilities: SUBJECT_CAPABILITIES as never, instructions: 'For the suite.' },
      );
      const list = (method: string) => () => subjectList(method, extra) as never;
      server.setRequestHandler('tools/list', list('tools/list'));
      server.setRequestHandler('prompts/list', list('prompts/list'));
      server.setRequestHandler('resources/list', list('resources/list'));
      server.setRequestHandler('resources/templates/list', list('resources/templates/list'));
      server.setRequestHandler('completion/complete', () => ({ completion: { values: ['paris', 'park'], total: 2 } }));
      server.setRequestHandler('resources/read', ({ params }) => told(() => subjectContents(params.uri)) as never);
      const run = async (method: 'tools/call' | 'prompts/get', params: JsonObject, context: ServerContext) => {
        const known = openState(secret, context.mcpReq.requestState());
        const answers = { ...known, ...validAnswers(context.mcpReq.inputResponses) };
        const handle = subjectHandler(method, String(params.name));
        const answer = await handle(callOf({ params, context, answers, changed }));
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
  const handle = toNodeHandler(handler);
  return listen(
    (request, response) => handle(request as Parameters<typeof handle>[0], response),
    () => handler.close(),
  );
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
