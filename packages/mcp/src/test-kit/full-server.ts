import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  CreateMessageResultSchema,
  ElicitResultSchema,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListRootsResultSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { Server as ModernServer } from '@modelcontextprotocol/server';
import { FULL_CAPABILITIES, FULL_OFFER, fullResult, QUESTIONS } from './full-offer.ts';

/** A server of the v1 SDK that has everything: what it offers is {@link FULL_OFFER}. */
export function setUpFullServer(server: Server): void {
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: FULL_OFFER.tools }) as never);
  server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: FULL_OFFER.prompts }) as never);
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: FULL_OFFER.resources }) as never);
  server.setRequestHandler(
    ListResourceTemplatesRequestSchema,
    () => ({ resourceTemplates: FULL_OFFER.templates }) as never,
  );
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => fullResult('prompts/get', params) as never);
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => fullResult('resources/read', params) as never);
  server.setRequestHandler(CompleteRequestSchema, ({ params }) => fullResult('completion/complete', params) as never);
  server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    setTimeout(() => void server.sendResourceUpdated({ uri: params.uri }), 20);
    return {};
  });
  let level = 'none';
  server.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
    level = params.level;
    return {};
  });
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    if (params.name === 'log') {
      const log = { level: 'error' as const, data: `set to ${level}` };
      await extra.sendNotification({ method: 'notifications/message', params: log });
    }
    if (params.name === 'progress') {
      const progressToken = params._meta?.progressToken ?? 'none';
      const step = { progressToken, progress: 1, total: 2, message: 'half' };
      await extra.sendNotification({ method: 'notifications/progress', params: step });
    }
    if (params.name === 'wait') await untilAborted(extra.signal);
    if (params.name === 'aborted') return abortedResult();
    if (params.name === 'change') await server.sendToolListChanged();
    const question = QUESTIONS[params.name];
    if (question === undefined) return fullResult('tools/call', params) as never;
    const schema = { elicit: ElicitResultSchema, sample: CreateMessageResultSchema, roots: ListRootsResultSchema };
    const answer = await extra.sendRequest(question as never, schema[params.name as keyof typeof schema] as never);
    return { content: [{ type: 'text', text: JSON.stringify(answer) }] };
  });
}

/** The same with the v2 SDK, in the words of revision 2026-07-28. */
export function setUpFullModernServer(server: ModernServer): void {
  server.setRequestHandler('tools/list', () => ({ tools: FULL_OFFER.tools }) as never);
  server.setRequestHandler('prompts/list', () => ({ prompts: FULL_OFFER.prompts }) as never);
  server.setRequestHandler('resources/list', () => ({ resources: FULL_OFFER.resources }) as never);
  server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: FULL_OFFER.templates }) as never);
  server.setRequestHandler('prompts/get', ({ params }) => fullResult('prompts/get', params) as never);
  server.setRequestHandler('resources/read', ({ params }) => fullResult('resources/read', params) as never);
  server.setRequestHandler('completion/complete', ({ params }) => fullResult('completion/complete', params) as never);
  server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) => {
    if (params.name === 'log') await mcpReq.log('error', 'set to warning');
    if (params.name === 'progress') {
      const progressToken = mcpReq._meta?.progressToken ?? 'none';
      const step = { progressToken, progress: 1, total: 2, message: 'half' };
      await mcpReq.notify({ method: 'notifications/progress', params: step });
    }
    if (params.name === 'wait') await untilAborted(mcpReq.signal);
    if (params.name === 'aborted') return abortedResult();
    const question = QUESTIONS[params.name];
    const answers = mcpReq.inputResponses;
    if (question === undefined) return fullResult('tools/call', { ...params, _meta: mcpReq._meta ?? {} }) as never;
    if (answers !== undefined) return { content: [{ type: 'text', text: JSON.stringify(Object.values(answers)[0]) }] };
    return { resultType: 'input_required', requestState: 's', inputRequests: { q: question } } as never;
  });
}

let abortedCalls = 0;

/** Counts the calls that were cancelled; the tool `aborted` tells how many. */
function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      abortedCalls += 1;
      resolve();
    });
  });
}

function abortedResult(): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text: String(abortedCalls) }] };
}

/** A server object for a transport of its own. */
export function fullServer(): Server {
  const server = new Server(
    { name: 'full', version: '1' },
    { capabilities: FULL_CAPABILITIES as never, instructions: 'Mind the gap.' },
  );
  setUpFullServer(server);
  return server;
}
