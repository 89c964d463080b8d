import type { ElicitAnswer, ElicitRequest, JsonObject } from '@capstan/sdk';
import {
  ProtocolError,
  ProtocolErrorCode,
  type Result,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { toCallToolResult } from './call-result.ts';
import { answerInRounds, requireRoom } from './call-rounds.ts';
import { canAskInForms, channelInRounds, channelOnConnection, clientCapabilities, metaOf } from './client-channel.ts';
import type { McpCallAnswer, McpCaller, McpGateway, McpToolCall } from './gateway.ts';
import { type LiveCall, toElicitAnswer } from './live-call.ts';
import type { ParkedCallClaim, ParkedCalls } from './parked-calls.ts';
import { createProgressReporter, type ProgressReporter, progressTokenOf } from './progress-reporter.ts';
import { requireSendable } from './sendable-result.ts';
import type { TaskDesk } from './tasks/task-desk.ts';
import { listedOutputSchema, toolNamed } from './tool-listing.ts';
import { traceOf } from './trace-of-request.ts';
import { hasTasks } from './upstream/task-extension.ts';
import { protocolErrorOf } from './upstream/upstream-failure.ts';

/** The `_meta` key by which a client names a connection, where a tool has more than one. */
export const CONNECTION_META_KEY = 'capstan/connection';

/** Of tools and connections; longer ones name nothing, and would only fill logs. */
export const MAX_NAME_LENGTH = 256;

/** What a `tools/call` handler works with. */
export interface ToolCallEnvironment {
  readonly server: Server;
  readonly caller: McpCaller;
  readonly gateway: McpGateway;
  readonly parked: ParkedCalls<Result>;
  readonly tasks: TaskDesk;
  readonly onNotice: (error: Error) => void;
}

/** Answers `tools/call`. @throws ProtocolError -32602 for wrong params, an unknown tool or an expired `requestState`. */
export async function answerToolCall(
  environment: ToolCallEnvironment,
  params: Readonly<Record<string, unknown>>,
  context: ServerContext,
): Promise<Result> {
  const claim: ParkedCallClaim = { caller: environment.caller, method: 'tools/call', ...readCallParams(params) };
  const progress = progressOf(context, environment.onNotice);
  const result = await (context.mcpReq.envelope === undefined
    ? runOnConnection(environment, claim, context, progress)
    : runInRounds(environment, claim, context, progress));
  await progress?.flushed();
  return result;
}

/** Revisions up to 2025-11-25: the server asks over the same connection while the call runs. */
async function runOnConnection(
  environment: ToolCallEnvironment,
  claim: ParkedCallClaim,
  context: ServerContext,
  progress: ProgressReporter | undefined,
): Promise<Result> {
  const over = new AbortController();
  const { server, onNotice } = environment;
  const channel = channelOnConnection({ server, context, onNotice });
  const ask = async ({ message, requestedSchema }: ElicitRequest): Promise<ElicitAnswer> =>
    toElicitAnswer(
      await channel.request({
        method: 'elicitation/create',
        params: { mode: 'form', message, requestedSchema },
        signal: over.signal,
      }),
    );
  try {
    const answer = await environment.gateway.callTool({
      ...toolCallOf(claim, context),
      signal: signalOf(context),
      channel,
      ...(progress === undefined ? {} : { onProgress: progress.report }),
      ...(canAskInForms(server.getClientCapabilities()) ? { onElicit: ask } : {}),
    });
    return await toResult(environment, claim.name, answer);
  } finally {
    over.abort();
  }
}

/** Revision 2026-07-28: a question ends the request, and the client's next one brings the answer (SEP-2322). */
function runInRounds(
  environment: ToolCallEnvironment,
  claim: ParkedCallClaim,
  context: ServerContext,
  progress: ProgressReporter | undefined,
): Promise<Result> {
  const { gateway, parked, server, onNotice } = environment;
  const takesTasks = context.http !== undefined && hasTasks(clientCapabilities(server, context));
  const run = async (call: LiveCall<Result>): Promise<Result> => {
    const guard = (): void => requireRoom(parked, claim);
    const ask = async (request: ElicitRequest): Promise<ElicitAnswer> => {
      guard();
      return call.ask(request);
    };
    const answer = await gateway.callTool({
      ...toolCallOf(claim, context),
      signal: call.signal,
      onProgress: call.progress,
      channel: { ...channelInRounds({ server, context, onNotice }, call, guard), takesTasks },
      ...(canAskInForms(clientCapabilities(server, context)) ? { onElicit: ask } : {}),
    });
    const task = takesTasks ? await taskOf(environment, answer) : undefined;
    return task ?? toResult(environment, claim.name, answer);
  };
  const parts = { parked, claim, context, signal: signalOf(context), onProgress: progress?.report, run };
  return answerInRounds(takesTasks ? { ...parts, tasks: environment.tasks } : parts);
}

/** The task that a call's work goes on as: one of an MCP server, or one that the host keeps; undefined for an answer. */
async function taskOf({ tasks, caller }: ToolCallEnvironment, answer: McpCallAnswer): Promise<Result | undefined> {
  if (answer.kind !== 'outcome') return undefined;
  const { outcome } = answer;
  if (outcome.status === 'pending') return tasks.keptBy(caller, outcome.approval.id);
  const created = outcome.status === 'succeeded' ? outcome.result.verbatim : undefined;
  return created?.resultType === 'task' ? tasks.passOn(caller, created) : undefined;
}

async function toResult(environment: ToolCallEnvironment, name: string, answer: McpCallAnswer): Promise<Result> {
  if (answer.kind === 'unknown_tool') throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${name}`);
  const { outcome } = answer;
  const refusal = outcome.status === 'failed' ? protocolErrorOf(outcome.error) : undefined;
  if (refusal !== undefined) throw new ProtocolError(refusal.code, refusal.message, refusal.data);
  if (outcome.status !== 'succeeded') return toCallToolResult(outcome, false);
  requireSendable(outcome.result);
  const tool = toolNamed(await environment.gateway.listTools(environment.caller), name);
  const outputSchema = listedOutputSchema(tool?.definition.outputSchema);
  return environment.server.projectCallToolResult(toCallToolResult(outcome, outputSchema !== undefined), outputSchema);
}

function toolCallOf(
  { method: _method, ...claim }: ParkedCallClaim,
  context: ServerContext,
): Omit<McpToolCall, 'signal'> {
  const meta = metaOf(context);
  const connection: unknown = context.mcpReq._meta?.[CONNECTION_META_KEY];
  if (typeof connection === 'string' && connection.length > MAX_NAME_LENGTH)
    throw tooLong(`_meta["${CONNECTION_META_KEY}"]`);
  const trace = traceOf(context.mcpReq._meta, (name) => context.http?.req?.headers.get(name));
  return {
    ...claim,
    ...(typeof connection === 'string' ? { connection } : {}),
    ...trace,
    ...(meta === undefined ? {} : { meta }),
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
  if (name.length > MAX_NAME_LENGTH) throw tooLong('name');
  if (!isJsonObject(given)) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'tools/call: arguments must be an object');
  }
  return { name, arguments: given };
}

function tooLong(what: string): ProtocolError {
  return new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `tools/call: ${what} must be at most ${MAX_NAME_LENGTH} characters long`,
  );
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
