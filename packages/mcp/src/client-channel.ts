import type { JsonObject } from '@capstan/sdk';
import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  LOG_LEVEL_META_KEY,
  ProtocolError,
  type Server,
  type ServerContext,
  type StandardSchemaV1,
} from '@modelcontextprotocol/server';
import type { LiveCall } from './live-call.ts';
import type { CallerChannel } from './upstream/caller-channel.ts';
import { isObject, METHOD_NOT_FOUND, RpcError } from './upstream/message.ts';

/** How long a person may take to answer on a connection of an older revision; the call's deadline is usually shorter. */
const ANSWER_TIMEOUT_MS = 600_000;

/** What a client must be capable of to be asked. */
const NEEDED: Readonly<Record<string, keyof ClientCapabilities>> = {
  'elicitation/create': 'elicitation',
  'sampling/createMessage': 'sampling',
  'roots/list': 'roots',
};

const NOTHING: JsonObject = Object.freeze({});
const levels = new WeakMap<Server, string>();

/** Remembers the log level that a client of an older revision set for its session. */
export function setLogLevel(server: Server, level: string): void {
  levels.set(server, level);
}

/** The log level that {@link setLogLevel} was told. */
export function logLevelOf(server: Server): string | undefined {
  return levels.get(server);
}

/** What the client of a request declared: with the request in 2026-07-28, with its session in older revisions. */
export function clientCapabilities(server: Server, context: ServerContext): ClientCapabilities | undefined {
  if (context.mcpReq.envelope === undefined) return server.getClientCapabilities();
  const declared: unknown = Reflect.get(context.mcpReq.envelope, CLIENT_CAPABILITIES_META_KEY);
  return isObject(declared) ? declared : undefined;
}

/** Whether a client can show a form to its user. */
export function canAskInForms(capabilities: ClientCapabilities | undefined): boolean {
  const elicitation = capabilities?.elicitation;
  if (elicitation === undefined) return false;
  return elicitation.form !== undefined || elicitation.url === undefined;
}

/** The `_meta` of a request, without what the revision itself put there. */
export function metaOf(context: ServerContext): JsonObject | undefined {
  const meta: unknown = context.mcpReq._meta;
  return isObject(meta) ? meta : undefined;
}

/** Parts of a channel that do not depend on the revision. */
interface ChannelParts {
  readonly server: Server;
  readonly context: ServerContext;
  readonly onNotice: (error: Error) => void;
}

/** Revisions up to 2025-11-25: the client is asked over the same connection, while its request runs. */
export function channelOnConnection(parts: ChannelParts): CallerChannel {
  const { server, context } = parts;
  const capabilities = clientCapabilities(server, context);
  return {
    capabilities: asJson(capabilities),
    logLevel: logLevelOf(server),
    request: async ({ method, params, signal }) => {
      refuseUnable(capabilities, method);
      const request = { method, ...(params === undefined ? {} : { params: { ...params } }) };
      const both = AbortSignal.any([context.mcpReq.signal, signal]);
      try {
        return await context.mcpReq.send(request, AS_IT_IS, { signal: both, timeout: ANSWER_TIMEOUT_MS });
      } catch (error) {
        throw toRpcError(error);
      }
    },
    notify: notifierOf(parts),
  };
}

/** Revision 2026-07-28: a question ends the client's request, and its next one brings the answer. */
export function channelInRounds<Answer>(
  parts: ChannelParts,
  call: LiveCall<Answer>,
  requireRoom: () => void,
): CallerChannel {
  const { server, context } = parts;
  const capabilities = clientCapabilities(server, context);
  const level: unknown =
    context.mcpReq.envelope === undefined ? undefined : Reflect.get(context.mcpReq.envelope, LOG_LEVEL_META_KEY);
  return {
    capabilities: asJson(capabilities),
    logLevel: typeof level === 'string' ? level : undefined,
    request: async (question) => {
      refuseUnable(capabilities, question.method);
      requireRoom();
      return call.askClient(question);
    },
    notify: typeof level === 'string' ? notifierOf(parts) : withoutLogs(notifierOf(parts)),
  };
}

/** A result that is passed on, not judged. */
const AS_IT_IS: StandardSchemaV1<unknown, JsonObject> = {
  '~standard': {
    version: 1,
    vendor: 'capstan',
    validate: (value: unknown) => (isObject(value) ? { value } : { issues: [{ message: 'not an object' }] }),
  },
};

function notifierOf({ context, onNotice }: ChannelParts): CallerChannel['notify'] {
  return (method, params) => {
    const notification = { method, ...(params === undefined ? {} : { params: { ...params } }) };
    context.mcpReq.notify(notification).catch(onNotice);
  };
}

/** A client of 2026-07-28 that names no level hears no logs, whatever the server behind the gateway does. */
export function withoutLogs(notify: CallerChannel['notify']): CallerChannel['notify'] {
  return (method, params) => {
    if (method !== 'notifications/message') notify(method, params);
  };
}

/** @throws RpcError where a client cannot answer a request */
export function refuseUnable(capabilities: ClientCapabilities | undefined, method: string): void {
  const needed = NEEDED[method];
  if (needed !== undefined && capabilities?.[needed] !== undefined) return;
  throw new RpcError({ code: METHOD_NOT_FOUND, message: `Method not found: the client cannot answer ${method}` });
}

function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ProtocolError)) return new RpcError({ code: -32_603, message });
  const { code, data } = error;
  return new RpcError({ code, message, ...(data === undefined ? {} : { data: data as JsonObject }) });
}

/** What a client declared is JSON: it came over the wire. The same object stays the same. */
function asJson(capabilities: ClientCapabilities | undefined): JsonObject {
  return capabilities === undefined ? NOTHING : (capabilities as unknown as JsonObject);
}
