import { isCapstanError, type JsonObject } from '@capstan/sdk';
import {
  ProtocolError,
  ProtocolErrorCode,
  type Result,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { answerInRounds, requireRoom } from './call-rounds.ts';
import { channelInRounds, channelOnConnection, metaOf, setLogLevel } from './client-channel.ts';
import type { McpCaller, McpFeatureCall, McpGateway, McpUpstreams } from './gateway.ts';
import type { LiveCall } from './live-call.ts';
import type { ParkedCalls } from './parked-calls.ts';
import { progressTokenOf } from './progress-reporter.ts';
import { storedResult } from './stored-result.ts';
import type { CallerChannel } from './upstream/caller-channel.ts';
import { FeatureBook, type FeatureRoute } from './upstream/feature-book.ts';
import { isObject } from './upstream/message.ts';
import type { NamedUpstream } from './upstream/upstream.ts';
import { protocolErrorOf } from './upstream/upstream-failure.ts';

/** What a request for something beside tools is answered with. */
export interface FeatureEnvironment {
  readonly gateway: McpGateway;
  readonly caller: McpCaller;
  readonly server: Server;
  readonly subscriptions: ResourceSubscriptions;
  readonly parked: ParkedCalls<Result>;
  readonly onNotice: (error: Error) => void;
}

/** A request on its way to the server that has what it asks for. */
interface ForwardedRequest {
  readonly route: FeatureRoute;
  readonly method: McpFeatureCall['method'];
  readonly params: JsonObject;
  /** What the client calls it. */
  readonly exposed: string;
}

/** Everything about one request. */
interface FeatureRequest extends FeatureEnvironment {
  readonly params: JsonObject;
  readonly context: ServerContext;
  readonly upstreams: McpUpstreams;
  readonly book: FeatureBook;
}

const RESOURCE_NOT_FOUND = -32_002;

const HANDLERS: Readonly<Record<string, (request: FeatureRequest) => Promise<JsonObject> | JsonObject>> = {
  'prompts/list': ({ book }) => ({ prompts: book.prompts }),
  'resources/list': ({ book }) => ({ resources: book.resources }),
  'resources/templates/list': ({ book }) => ({ resourceTemplates: book.templates }),
  'prompts/get': (request) => {
    const route = routeOf(request.book.prompt(textIn(request.params, 'name')), 'Unknown prompt', request.params.name);
    const params = { ...request.params, name: route.own };
    return forward(request, { route, method: 'prompts/get', params, exposed: textIn(request.params, 'name') });
  },
  'resources/read': async (request) => {
    const route = resourceRoute(request);
    const params = { ...request.params, uri: route.own };
    const exposed = textIn(request.params, 'uri');
    const result = await forward(request, { route, method: 'resources/read', params, exposed });
    return withExposedUris(result, route, request.params.uri);
  },
  'resources/subscribe': async (request) => {
    const uri = textIn(request.params, 'uri');
    await request.subscriptions.add(request.upstreams, request.caller, { route: resourceRoute(request), uri });
    return {};
  },
  'resources/unsubscribe': (request) => {
    request.subscriptions.remove(textIn(request.params, 'uri'));
    return {};
  },
  'completion/complete': (request) => {
    const { ref } = request.params;
    if (!isObject(ref)) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'completion/complete: no ref');
    const isPrompt = ref.type === 'ref/prompt';
    const name = textIn(ref, isPrompt ? 'name' : 'uri');
    const found = isPrompt ? request.book.prompt(name) : (request.book.template(name) ?? request.book.resource(name));
    const route = routeOf(found, 'Unknown reference', name);
    const own = { ...ref, [isPrompt ? 'name' : 'uri']: route.own };
    return forward(request, {
      route,
      method: 'completion/complete',
      params: { ...request.params, ref: own },
      exposed: name,
    });
  },
  'logging/setLevel': ({ server, params }) => {
    setLogLevel(server, textIn(params, 'level'));
    return {};
  },
};

/** Whether a method belongs to the features beside tools. */
export function isFeatureMethod(method: string): boolean {
  return Object.hasOwn(HANDLERS, method);
}

/** What a client asked for. */
interface FeatureRequestLine {
  readonly method: string;
  readonly params: JsonObject;
}

/** Answers a request by the servers that have what it asks for. @throws ProtocolError, theirs as it came */
export async function answerFeature(
  environment: FeatureEnvironment,
  request: FeatureRequestLine,
  context: ServerContext,
): Promise<Result> {
  const { _meta: _ofThisHop, ...params } = request.params;
  const { gateway, caller } = environment;
  const stored = await storedResult(gateway, caller, request);
  if (stored !== undefined) return stored;
  const { upstreams } = gateway;
  const servers = upstreams?.list(caller) ?? [];
  if (upstreams === undefined || servers.length === 0) return withoutServers(gateway, request);
  const book = bookOf(servers);
  try {
    const result = await HANDLERS[request.method]?.({ ...environment, upstreams, params, context, book });
    return { ...result };
  } catch (error) {
    if (!isCapstanError(error)) throw error;
    const refusal = protocolErrorOf(error);
    if (refusal !== undefined) throw new ProtocolError(refusal.code, refusal.message, refusal.data);
    const data = { code: error.code, hint: error.hint };
    throw new ProtocolError(ProtocolErrorCode.InternalError, `${error.code}: ${error.message}`, data);
  }
}

/** A host without MCP servers has no resources but the results that it kept back, which it does not list. */
function withoutServers({ storedResult: stored }: McpGateway, { method, params }: FeatureRequestLine): Result {
  if (stored !== undefined && method === 'resources/list') return { resources: [] };
  if (stored !== undefined && method === 'resources/templates/list') return { resourceTemplates: [] };
  if (stored !== undefined && method === 'resources/read') throw resourceNotFound(textIn(params, 'uri'));
  throw new ProtocolError(ProtocolErrorCode.MethodNotFound, 'Method not found');
}

const books = new WeakMap<readonly NamedUpstream[], FeatureBook>();

/** The book of a list of servers; a gateway gives the same list until something changes. */
export function bookOf(servers: readonly NamedUpstream[]): FeatureBook {
  const known = books.get(servers);
  if (known !== undefined) return known;
  const book = new FeatureBook(servers);
  books.set(servers, book);
  return book;
}

/**
 * The resources that one client subscribed to. Each holds the principal's session with the server open until it ends.
 */
export class ResourceSubscriptions {
  readonly #held = new Map<string, AbortController>();

  get uris(): ReadonlySet<string> {
    return new Set(this.#held.keys());
  }

  /** Resolves when the server has taken it. @throws CapstanError */
  async add(
    upstreams: McpUpstreams,
    caller: McpCaller,
    { route, uri }: { readonly route: FeatureRoute; readonly uri: string },
  ): Promise<void> {
    if (this.#held.has(uri)) return;
    const end = new AbortController();
    this.#held.set(uri, end);
    const { upstream, own } = route;
    const { signal } = end;
    const call = {
      caller,
      upstream,
      method: 'resources/subscribe',
      params: { uri: own },
      signal,
      until: signal,
    } as const;
    try {
      await upstreams.request(call);
    } catch (error) {
      this.#held.delete(uri);
      throw error;
    }
  }

  remove(uri: string): void {
    this.#held.get(uri)?.abort();
    this.#held.delete(uri);
  }

  close(): void {
    for (const uri of [...this.#held.keys()]) this.remove(uri);
  }
}

const NOTHING: JsonObject = Object.freeze({});

/** Beside `tools/call`, the requests whose server may ask the client first (SEP-2322). */
const MAY_ASK: ReadonlySet<string> = new Set(['prompts/get', 'resources/read']);

/** Passes a request on; what the server asks meanwhile goes to the client. */
async function forward(request: FeatureRequest, to: ForwardedRequest): Promise<JsonObject> {
  const { server, context, onNotice, parked, caller } = request;
  const parts = { server, context, onNotice };
  if (!MAY_ASK.has(to.method)) return send(request, to, undefined, context.mcpReq.signal);
  if (context.mcpReq.envelope === undefined)
    return send(request, to, channelOnConnection(parts), context.mcpReq.signal);
  const name = to.exposed;
  const claim = { caller, method: to.method, name, arguments: argumentsOf(to.params) };
  const run = async (call: LiveCall<Result>): Promise<Result> => {
    const channel = channelInRounds(parts, call, () => requireRoom(parked, claim));
    return { ...(await send(request, to, channel, call.signal)) };
  };
  const { signal } = context.mcpReq;
  // Parsed JSON: the SDK types it no further.
  return (await answerInRounds({ parked, claim, context, signal, onProgress: undefined, run })) as JsonObject;
}

function argumentsOf({ arguments: given }: JsonObject): JsonObject {
  return isObject(given) ? given : NOTHING;
}

function send(
  { context, caller, onNotice, upstreams }: FeatureRequest,
  { route: { upstream }, method, params }: ForwardedRequest,
  channel: CallerChannel | undefined,
  signal: AbortSignal,
): Promise<JsonObject> {
  const token = progressTokenOf(context);
  const meta = metaOf(context);
  return upstreams.request({
    caller,
    upstream,
    method,
    params,
    signal,
    ...(channel === undefined ? {} : { channel }),
    ...(meta === undefined ? {} : { meta }),
    ...(token === undefined
      ? {}
      : {
          onProgress: (step) => {
            const progress = { method: 'notifications/progress', params: { progressToken: token, ...step } };
            context.mcpReq.notify(progress).catch(onNotice);
          },
        }),
  });
}

/** Where a URI was qualified, its contents carry the qualified one: the client asked for that. */
function withExposedUris(result: JsonObject, { own }: FeatureRoute, asked: unknown): JsonObject {
  if (asked === own || !Array.isArray(result.contents)) return result;
  const contents = result.contents.map((content) =>
    isObject(content) && content.uri === own ? { ...content, uri: String(asked) } : content,
  );
  return { ...result, contents };
}

function resourceRoute({ book, params }: FeatureRequest): FeatureRoute {
  const uri = textIn(params, 'uri');
  const route = book.resource(uri);
  if (route !== undefined) return route;
  throw resourceNotFound(uri);
}

function resourceNotFound(uri: string): ProtocolError {
  return new ProtocolError(RESOURCE_NOT_FOUND, 'Resource not found', { uri });
}

function routeOf(route: FeatureRoute | undefined, what: string, name: unknown): FeatureRoute {
  if (route !== undefined) return route;
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, `${what}: ${String(name)}`);
}

function textIn(params: JsonObject, key: string): string {
  const value = params[key];
  if (typeof value === 'string') return value;
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, `${key} must be a string`);
}
