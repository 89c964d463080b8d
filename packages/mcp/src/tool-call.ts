import { CapstanError, type ElicitAnswer, type ElicitRequest, type JsonObject } from '@capstan/sdk';
import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type ElicitRequestFormParams,
  inputRequired,
  inputResponse,
  ProtocolError,
  ProtocolErrorCode,
  type Result,
  type Server,
  type ServerContext,
  TRACEPARENT_META_KEY,
} from '@modelcontextprotocol/server';
import { toCallToolResult } from './call-result.ts';
import type { McpCallAnswer, McpCaller, McpGateway, McpToolCall } from './gateway.ts';
import { type CallRound, LiveCall, type OpenQuestion } from './live-call.ts';
import type { ParkedCallClaim, ParkedCalls } from './parked-calls.ts';
import { createProgressReporter, type ProgressReporter, progressTokenOf } from './progress-reporter.ts';
import { listedOutputSchema, toolNamed } from './tool-listing.ts';

/** The `_meta` key by which a client names a connection, where a tool has more than one. */
export const CONNECTION_META_KEY = 'capstan/connection';

/** How long a person may take to answer on a connection of an older revision; the call's deadline is usually shorter. */
const ANSWER_TIMEOUT_MS = 600_000;

/** What a `tools/call` handler works with. */
export interface ToolCallEnvironment {
  readonly server: Server;
  readonly caller: McpCaller;
  readonly gateway: McpGateway;
  readonly parked: ParkedCalls;
  readonly onNotice: (error: Error) => void;
}

/** Answers `tools/call`. @throws ProtocolError -32602 for wrong params, an unknown tool or an expired `requestState`. */
export async function answerToolCall(
  environment: ToolCallEnvironment,
  params: Readonly<Record<string, unknown>>,
  context: ServerContext,
): Promise<Result> {
  const claim: ParkedCallClaim = { caller: environment.caller, ...readCallParams(params) };
  const progress = progressOf(context, environment.onNotice);
  const round =
    context.mcpReq.envelope === undefined
      ? await runOnConnection(environment, claim, context, progress)
      : await runInRounds(environment, claim, context, progress);
  await progress?.flushed();
  if (round.kind === 'asks') return round.result;
  return toResult(environment, claim.name, round.answer);
}

type RequestEnd =
  | { readonly kind: 'answered'; readonly answer: McpCallAnswer }
  | { readonly kind: 'asks'; readonly result: Result };

/** Revisions up to 2025-11-25: the server asks over the same connection while the call runs. */
async function runOnConnection(
  environment: ToolCallEnvironment,
  claim: ParkedCallClaim,
  context: ServerContext,
  progress: ProgressReporter | undefined,
): Promise<RequestEnd> {
  const over = new AbortController();
  const signal = signalOf(context);
  const canAsk = canAskInForms(environment.server.getClientCapabilities());
  const ask = async (request: ElicitRequest): Promise<ElicitAnswer> => {
    const answer = await context.mcpReq.elicitInput(
      // The schema is the tool's own; the client checks it against what it can show.
      { mode: 'form', ...request } as unknown as ElicitRequestFormParams,
      { signal: AbortSignal.any([signal, over.signal]), timeout: ANSWER_TIMEOUT_MS },
    );
    return toElicitAnswer(answer.action, answer.content);
  };
  try {
    const answer = await environment.gateway.callTool({
      ...toolCallOf(claim, context),
      signal,
      ...(progress === undefined ? {} : { onProgress: progress.report }),
      ...(canAsk ? { onElicit: ask } : {}),
    });
    return { kind: 'answered', answer };
  } finally {
    over.abort();
  }
}

/** Revision 2026-07-28: a question ends the request, and the client's next one brings the answer (SEP-2322). */
async function runInRounds(
  environment: ToolCallEnvironment,
  claim: ParkedCallClaim,
  context: ServerContext,
  progress: ProgressReporter | undefined,
): Promise<RequestEnd> {
  const ticket: unknown = context.mcpReq.requestState();
  const call =
    ticket === undefined
      ? startCall(environment, claim, context)
      : resumeCall(environment.parked, ticket, claim, context);
  const round: CallRound = await call.round({
    signal: signalOf(context),
    ...(progress === undefined ? {} : { onProgress: progress.report }),
  });
  if (round.kind === 'answered') return round;
  const requestState = environment.parked.park(call, claim);
  return { kind: 'asks', result: inputRequired({ inputRequests: toInputRequests(round.questions), requestState }) };
}

function startCall(environment: ToolCallEnvironment, claim: ParkedCallClaim, context: ServerContext): LiveCall {
  const { gateway, parked } = environment;
  const call = new LiveCall();
  const ask = (request: ElicitRequest): Promise<ElicitAnswer> =>
    parked.isFull ? Promise.reject(tooManyQuestions()) : call.ask(request);
  const run = (): Promise<McpCallAnswer> =>
    gateway.callTool({
      ...toolCallOf(claim, context),
      signal: call.signal,
      onProgress: call.progress,
      ...(canAskInForms(declaredCapabilities(context)) ? { onElicit: ask } : {}),
    });
  call.start(run);
  return call;
}

function resumeCall(parked: ParkedCalls, ticket: unknown, claim: ParkedCallClaim, context: ServerContext): LiveCall {
  const call = typeof ticket === 'string' ? parked.take(ticket, claim) : undefined;
  if (call === undefined) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Invalid or expired requestState: make the call anew', {
      reason: 'invalid_request_state',
    });
  }
  for (const { key } of call.openQuestions()) {
    const view = inputResponse(context.mcpReq.inputResponses, key);
    if (view.kind === 'elicit') call.reply(key, toElicitAnswer(view.action, view.content));
  }
  return call;
}

async function toResult(environment: ToolCallEnvironment, name: string, answer: McpCallAnswer): Promise<Result> {
  if (answer.kind === 'unknown_tool') throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${name}`);
  const { outcome } = answer;
  if (outcome.status !== 'succeeded') return toCallToolResult(outcome, false);
  const tool = toolNamed(await environment.gateway.listTools(environment.caller), name);
  const outputSchema = listedOutputSchema(tool?.definition.outputSchema);
  return environment.server.projectCallToolResult(toCallToolResult(outcome, outputSchema !== undefined), outputSchema);
}

function toolCallOf(claim: ParkedCallClaim, context: ServerContext): Omit<McpToolCall, 'signal'> {
  const connection: unknown = context.mcpReq._meta?.[CONNECTION_META_KEY];
  const fromMeta: unknown = context.mcpReq._meta?.[TRACEPARENT_META_KEY];
  const traceparent = typeof fromMeta === 'string' ? fromMeta : context.http?.req?.headers.get('traceparent');
  return {
    ...claim,
    ...(typeof connection === 'string' ? { connection } : {}),
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
  };
}

/**
 * The client's cancellation and its disconnect. In a session the SDK does not end a call when its response breaks off
 * (another stream might deliver it); here there is none, so nobody could fetch the result.
 */
function signalOf(context: ServerContext): AbortSignal {
  const request = context.sessionId === undefined ? undefined : context.http?.req;
  return request === undefined ? context.mcpReq.signal : AbortSignal.any([context.mcpReq.signal, request.signal]);
}

function progressOf(context: ServerContext, onNotice: (error: Error) => void): ProgressReporter | undefined {
  const token = progressTokenOf(context);
  return token === undefined ? undefined : createProgressReporter(context, token, onNotice);
}

function readCallParams(params: Readonly<Record<string, unknown>>): { name: string; arguments: JsonObject } {
  const { name, arguments: given = {} } = params;
  if (typeof name !== 'string')
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'tools/call: name must be a string');
  if (!isJsonObject(given)) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'tools/call: arguments must be an object');
  }
  return { name, arguments: given };
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A client of 2026-07-28 declares its capabilities with each request. */
function declaredCapabilities(context: ServerContext): ClientCapabilities | undefined {
  const envelope = context.mcpReq.envelope as
    | { readonly [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities }
    | undefined;
  return envelope?.[CLIENT_CAPABILITIES_META_KEY];
}

function canAskInForms(capabilities: ClientCapabilities | undefined): boolean {
  const elicitation = capabilities?.elicitation;
  if (elicitation === undefined) return false;
  return elicitation.form !== undefined || elicitation.url === undefined;
}

function toInputRequests(questions: readonly OpenQuestion[]): Record<string, ReturnType<typeof inputRequired.elicit>> {
  return Object.fromEntries(
    questions.map(({ key, request }) => [
      key,
      inputRequired.elicit({ ...request } as unknown as Parameters<typeof inputRequired.elicit>[0]),
    ]),
  );
}

function toElicitAnswer(action: ElicitAnswer['action'], content: unknown): ElicitAnswer {
  return action === 'accept' && isJsonObject(content) ? { action, content } : { action };
}

function tooManyQuestions(): CapstanError {
  return new CapstanError('CAPSTAN_TOOL_FAILED', 'too many calls wait for an answer of their user', {
    hint: 'Call again when some of the open questions are answered.',
    retriable: true,
  });
}
