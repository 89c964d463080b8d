import { randomUUID } from 'node:crypto';
import type { JsonObject } from '@capstan/sdk';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  ResultSchema,
  type ServerNotification,
  type ServerRequest,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { listen, type Subject } from './subject.ts';
import { type SubjectCall, SubjectError } from './subject-call.ts';
import { SUBJECT_CAPABILITIES, subjectContents, subjectHandler, subjectList } from './subject-offer.ts';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** More questions than any tool has: what still asks then goes in a circle. */
const MAX_ROUNDS = 8;

/** The subject in revision 2025-11-25, with sessions; it asks while a request runs. */
export async function subject2025(): Promise<Subject> {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const lists = { tools: false, prompts: false };
  const open = async (): Promise<StreamableHTTPServerTransport> => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void transports.set(id, transport),
      onsessionclosed: (id) => void transports.delete(id),
    });
    await sessionServer(lists).connect(transport as never);
    return transport;
  };
  return listen(async (request, response) => {
    const id = request.headers['mcp-session-id'];
    const known = typeof id === 'string' ? transports.get(id) : undefined;
    if (id === undefined || known !== undefined) await (known ?? (await open())).handleRequest(request, response);
    else response.writeHead(404).end();
  });
}

function sessionServer(lists: { tools: boolean; prompts: boolean }): Server {
  const server = new Server(
    { name: 'subject', version: '1' },
    { capabilities: SUBJECT_CAPABILITIES as never, instructions: 'For the suite.' },
  );
  for (const schema of [
    ListToolsRequestSchema,
    ListPromptsRequestSchema,
    ListResourcesRequestSchema,
    ListResourceTemplatesRequestSchema,
  ]) {
    server.setRequestHandler(schema, ({ method }) => subjectList(method, lists) as never);
  }
  server.setRequestHandler(CompleteRequestSchema, () => ({ completion: { values: ['paris', 'park'], total: 2 } }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => told(() => subjectContents(params.uri)) as never);
  server.setRequestHandler(SubscribeRequestSchema, () => ({}));
  server.setRequestHandler(UnsubscribeRequestSchema, () => ({}));
  server.setRequestHandler(SetLevelRequestSchema, () => ({}));
  const changed: SubjectCall['changed'] = (list) => {
    lists[list] = !lists[list];
    void (list === 'tools' ? server.sendToolListChanged() : server.sendPromptListChanged());
  };
  const run = async (method: 'tools/call' | 'prompts/get', params: JsonObject, extra: Extra) => {
    const handle = subjectHandler(method, String(params.name));
    const answers: Record<string, JsonObject> = {};
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const answer = await handle(callOf({ server, params, extra, answers, changed }));
      if ('result' in answer) return answer.result;
      for (const [key, question] of Object.entries(answer.ask)) {
        answers[key] = (await extra.sendRequest(question as never, ResultSchema)) as JsonObject;
      }
    }
    throw new SubjectError(-32_603, `${String(params.name)} asks in a circle`);
  };
  server.setRequestHandler(CallToolRequestSchema, ({ params }, extra) =>
    told(() => run('tools/call', params as JsonObject, extra) as never),
  );
  server.setRequestHandler(GetPromptRequestSchema, ({ params }, extra) =>
    told(() => run('prompts/get', params as JsonObject, extra) as never),
  );
  return server;
}

function callOf({
  server,
  params,
  extra,
  answers,
  changed,
}: {
  readonly server: Server;
  readonly params: JsonObject;
  readonly extra: Extra;
  readonly answers: SubjectCall['answers'];
  readonly changed: SubjectCall['changed'];
}): SubjectCall {
  const progressToken = extra._meta?.progressToken;
  return {
    args: (params.arguments ?? {}) as JsonObject,
    answers,
    capabilities: (server.getClientCapabilities() ?? {}) as JsonObject,
    log: (level, data) => extra.sendNotification({ method: 'notifications/message', params: { level, data } }),
    progress: async (progress, total) => {
      if (progressToken === undefined) return;
      await extra.sendNotification({ method: 'notifications/progress', params: { progressToken, progress, total } });
    },
    changed,
  };
}

async function told<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SubjectError) throw new McpError(error.code, error.message, error.data);
    throw error;
  }
}
