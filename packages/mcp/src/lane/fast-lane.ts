import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ToolProgress } from '@capstan/sdk';
import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  LOG_LEVEL_META_KEY,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server';
import type { CatalogServerParts } from '../catalog-server.ts';
import type { CatalogSnapshot, McpCaller, McpToolCall } from '../gateway.ts';
import type { LegacySession } from '../legacy-sessions.ts';
import { hasMarkedParameters } from '../parameter-headers-check.ts';
import { CONNECTION_META_KEY } from '../tool-call.ts';
import { toolNamed } from '../tool-listing.ts';
import { traceOf } from '../trace-of-request.ts';
import { hasTasks } from '../upstream/task-extension.ts';
import { AcceptedEnvelopes } from './accepted-envelopes.ts';
import { CallAnswers, errorAnswer, type LaneAnswer } from './call-answer.ts';
import { LaneChannel } from './lane-channel.ts';
import { type LaneCallRequest, type LaneListRequest, type LaneRequest, readLaneRequest } from './lane-request.ts';
import { LaneResponse } from './lane-response.ts';
import { ListedPages, type SdkFetch } from './listed-pages.ts';

/** One POST whose caller is known and whose body was read. */
export interface LaneExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly caller: McpCaller;
  readonly body: unknown;
  /** The session that the request belongs to. */
  readonly session: LegacySession | undefined;
}

/** Backends that have nothing to ask a client: their calls need no way back to it. */
const NEVER_ASKS: ReadonlySet<string> = new Set(['remote', 'http', 'workflow']);
const HEARTBEAT_MS = 15_000;

/**
 * `tools/list` and `tools/call` without the SDK's server, transport and streams: what most requests are, at a fraction
 * of their cost.
 *
 * 1. A request is taken only when the SDK's answer to it is certain; nothing is written before that is known.
 * 2. Whatever is taken is answered once, as the SDK would; tests send the same requests down both.
 * 3. A call ends with its response: when the client goes away or cancels, or the lane closes, its signal is aborted.
 * 4. A stream that waits gets a sign of life every 15 s, from one timer for all.
 */
export class FastLane {
  readonly #parts: CatalogServerParts;
  readonly #answers: CallAnswers;
  readonly #pages: ListedPages;
  readonly #envelopes = new AcceptedEnvelopes();
  readonly #open = new Set<LaneResponse>();
  #heartbeat: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(parts: CatalogServerParts, sdk: SdkFetch) {
    this.#parts = parts;
    this.#answers = new CallAnswers(parts.implementation);
    this.#pages = new ListedPages(sdk);
  }

  /** Takes an exchange, or says false and leaves it untouched. */
  serve(exchange: LaneExchange): boolean {
    const message = this.#isClosed ? undefined : readLaneRequest(exchange.request.headers, exchange.body);
    if (message === undefined) return false;
    if (message.era === 'modern' && !this.#envelopes.accepts(message, exchange.body)) return false;
    if (message.method === 'tools/call' && (this.#mayAsk(exchange, message) || this.#repeats(exchange, message)))
      return false;
    void this.#run(exchange, message);
    return true;
  }

  /** Ends what is running. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#heartbeat);
    for (const response of this.#open) response.abort(new Error('the server is closing'));
  }

  async #run({ response, request, caller, session }: LaneExchange, message: LaneRequest): Promise<void> {
    const reply = new LaneResponse(response, message, session?.transport.sessionId);
    const leave = session?.enter({ id: message.id, cancel: () => reply.cancel() });
    this.#enter(reply);
    try {
      reply.finish(
        message.method === 'tools/list'
          ? await this.#list(caller, message)
          : await this.#call(toolCall({ caller, request, session, reply }, message), message),
      );
    } catch (error) {
      // The message of a defect is for the operator alone.
      this.#parts.onError(error instanceof Error ? error : new Error(String(error)));
      reply.finish(errorAnswer({ code: ProtocolErrorCode.InternalError, message: 'Internal error' }));
    } finally {
      this.#open.delete(reply);
      leave?.();
    }
  }

  async #list(caller: McpCaller, message: LaneListRequest): Promise<LaneAnswer> {
    const { gateway } = this.#parts;
    const snapshot = await gateway.listTools(caller);
    const known = this.#pages.find(snapshot, message);
    if (known !== undefined) return { member: known };
    const current = async (): Promise<CatalogSnapshot> => gateway.listTools(caller);
    return { member: await this.#pages.make(caller, message, { snapshot, current }) };
  }

  async #call(call: McpToolCall, { era, name }: LaneCallRequest): Promise<LaneAnswer> {
    const { gateway } = this.#parts;
    const answer = await gateway.callTool(call);
    const isValue = answer.kind === 'outcome' && answer.outcome.status === 'succeeded';
    const tool = isValue ? toolNamed(await gateway.listTools(call.caller), name) : undefined;
    return this.#answers.answerTo(era, name, answer, tool);
  }

  /** Whether a call may need its client before or after it is answered, and the client is there for that: not this lane's business. */
  #mayAsk({ caller, session }: LaneExchange, { era, meta, name }: LaneCallRequest): boolean {
    if (LOG_LEVEL_META_KEY in meta) return true;
    const declared = meta[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined;
    const capabilities = era === 'modern' ? declared : session?.clientCapabilities();
    if (era === 'modern' && hasTasks(capabilities)) return true;
    if (!canBeAsked(capabilities)) return false;
    const snapshot = this.#parts.gateway.listTools(caller);
    if (snapshot instanceof Promise) return true;
    const tool = toolNamed(snapshot, name);
    return tool !== undefined && !NEVER_ASKS.has(tool.definition.backendKind);
  }

  /** Whether headers repeat arguments of a call, which somebody then has to compare. */
  #repeats({ caller }: LaneExchange, { era, name }: LaneCallRequest): boolean {
    const snapshot = era === 'modern' ? this.#parts.gateway.listTools(caller) : undefined;
    if (snapshot === undefined || snapshot instanceof Promise) return false;
    const tool = toolNamed(snapshot, name);
    return tool !== undefined && hasMarkedParameters(tool.definition);
  }

  #enter(reply: LaneResponse): void {
    this.#open.add(reply);
    this.#heartbeat ??= setInterval(() => {
      for (const waiting of this.#open) waiting.beat();
    }, HEARTBEAT_MS).unref();
  }
}

function canBeAsked(capabilities: ClientCapabilities | undefined): boolean {
  if (capabilities === undefined) return false;
  const { elicitation, sampling, roots } = capabilities;
  return elicitation !== undefined || sampling !== undefined || roots !== undefined;
}

function toolCall(
  {
    caller,
    request,
    session,
    reply,
  }: Pick<LaneExchange, 'caller' | 'request' | 'session'> & { readonly reply: LaneResponse },
  { era, name, arguments: args, meta, ownMeta }: LaneCallRequest,
): McpToolCall {
  const connection = meta[CONNECTION_META_KEY];
  const { progressToken } = meta;
  const capabilities = era === 'modern' ? meta[CLIENT_CAPABILITIES_META_KEY] : session?.clientCapabilities();
  return {
    caller,
    name,
    arguments: args,
    signal: reply.signal,
    channel: new LaneChannel(reply, capabilities as ClientCapabilities | undefined, {
      level: session?.logLevel(),
      era,
    }),
    ...(ownMeta === undefined ? {} : { meta: ownMeta }),
    ...(typeof connection === 'string' ? { connection } : {}),
    ...traceOf(meta, (name) => request.headers[name]),
    ...(progressToken === undefined ? {} : { onProgress: progressTo(reply, progressToken) }),
  };
}

/** MCP demands that `progress` grows with every notification of a token; a step that does not grow is left out. */
function progressTo(reply: LaneResponse, progressToken: unknown): (step: ToolProgress) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (step) => {
    if (!(step.progress > last)) return;
    last = step.progress;
    reply.notify('notifications/progress', { progressToken, ...step });
  };
}
