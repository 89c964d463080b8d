import { isCapstanError, type JsonObject } from '@capstan/sdk';
import {
  ProtocolError,
  ProtocolErrorCode,
  type Result,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { channelOnConnection, metaOf, setLogLevel } from './client-channel.ts';
import type { McpCaller, McpUpstreams } from './gateway.ts';
import { progressTokenOf } from './progress-reporter.ts';
import { FeatureBook, type FeatureRoute } from './upstream/feature-book.ts';
import { isObject } from './upstream/message.ts';
import type { NamedUpstream } from './upstream/upstream.ts';
import { protocolErrorOf } from './upstream/upstream-failure.ts';

/** What a request for something beside tools is answered with. */
export interface FeatureEnvironment {
  readonly upstreams: McpUpstreams;
  readonly caller: McpCaller;
  readonly server: Server;
  readonly subscriptions: ResourceSubscriptions;
  readonly onNotice: (error: Error) => void;
}

/** Everything about one request. */
interface FeatureRequest extends FeatureEnvironment {
  readonly params: JsonObject;
  readonly context: ServerContext;
  readonly book: FeatureBook;
}

const RESOURCE_NOT_FOUND = -32_002;

const HANDLERS: Readonly<Record<string, (request: FeatureRequest) => Promise<JsonObject> | JsonObject>> = {
  'prompts/list': ({ book }) => ({ prompts: book.prompts }),
  'resources/list': ({ book }) => ({ resources: book.resources }),
  'resources/templates/list': ({ book }) => ({ resourceTemplates: book.templates }),
  'prompts/get': (request) => {
    const route = routeOf(request.book.prompt(textIn(request.params, 'name')), 'Unknown prompt', request.params.name);
    return forward(request, route, 'prompts/get', { ...request.params, name: route.own });
  },
  'resources/read': async (request) => {
    const route = resourceRoute(request);
    const result = await forward(request, route, 'resources/read', { ...request.params, uri: route.own });
    return withExposedUris(result, route, request.params.uri);
  },
  'resources/subscribe': async (request) => {
    await request.subscriptions.add(request.caller, resourceRoute(request), textIn(request.params, 'uri'));
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
    return forward(request, route, 'completion/complete', { ...request.params, ref: own });
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

/** Answers a request by the servers that have what it asks for. @throws ProtocolError, theirs as it came */
export async function answerFeature(
  environment: FeatureEnvironment,
  request: { readonly method: string; readonly params: JsonObject },
  context: ServerContext,
): Promise<Result> {
  const { _meta: _ofThisHop, ...params } = request.params;
  const book = bookOf(environment.upstreams.list(environment.caller.workspace));
  try {
    const result = await HANDLERS[request.method]?.({ ...environment, params, context, book });
    return { ...result };
  } catch (error) {
    if (!isCapstanError(error)) throw error;
    const refusal = protocolErrorOf(error);
    if (refusal !== undefined) throw new ProtocolError(refusal.code, refusal.message, refusal.data);
    const data = { code: error.code, hint: error.hint };
    throw new ProtocolError(ProtocolErrorCode.InternalError, `${error.code}: ${error.message}`, data);
  }
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
  async add(caller: McpCaller, route: FeatureRoute, uri: string): Promise<void> {
    if (this.#held.has(uri)) return;
    const end = new AbortController();
    this.#held.set(uri, end);
    const owner = { workspace: caller.workspace, principal: caller.principal.id, capabilities: NOTHING };
    try {
      await route.upstream.subscribe(owner, route.own, end.signal);
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

function forward(
  { server, context, caller, onNotice }: FeatureRequest,
  { upstream }: FeatureRoute,
  method: string,
  params: JsonObject,
): Promise<JsonObject> {
  const channel =
    context.mcpReq.envelope === undefined ? channelOnConnection({ server, context, onNotice }) : undefined;
  const token = progressTokenOf(context);
  const meta = metaOf(context);
  return upstream.request({
    owner: {
      workspace: caller.workspace,
      principal: caller.principal.id,
      capabilities: channel?.capabilities ?? NOTHING,
    },
    method,
    params,
    signal: context.mcpReq.signal,
    isRepeatable: true,
    ...(channel === undefined ? {} : { channel }),
    ...(meta === undefined ? {} : { meta }),
    ...(token === undefined
      ? {}
      : {
          onProgress: (step: JsonObject) => {
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
  throw new ProtocolError(RESOURCE_NOT_FOUND, 'Resource not found', { uri });
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
