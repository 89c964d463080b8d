import { createServer, type IncomingHttpHeaders, type RequestListener, request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { callerInfo } from '../caller-info.ts';
import { fakeCaller } from '../fake-gateway.test.support.ts';
import type { McpCaller, McpGateway } from '../gateway.ts';
import { createMcpHttp, type McpHttp, type McpHttpOptions } from '../mcp-http.ts';
import { toNodeFace } from '../node-face.ts';

/** A request as it goes over the wire. */
export interface WireRequest {
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Text as it is, anything else as JSON. */
  readonly body: unknown;
}

/** What of an answer a client can tell. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Every message, of a body or of a stream. */
  readonly messages: readonly unknown[];
  /** Whether it came in one piece of a known length, as the lane's do. */
  readonly isOnePiece: boolean;
}

/** One endpoint that is served both ways. */
export interface TwoWays {
  readonly mcp: McpHttp;
  readonly url: string;
  /** The answers to one request, by the lane (where it takes it) and by the SDK. */
  both(request: WireRequest): Promise<{ readonly lane: WireAnswer; readonly sdk: WireAnswer }>;
  send(way: 'lane' | 'sdk', request: WireRequest): Promise<WireAnswer>;
}

const TOLD_HEADERS = ['content-type', 'cache-control', 'x-accel-buffering', 'connection', 'allow'];

/** Serves a gateway at `/lane` and, past the lane, at `/sdk`. */
export async function serveTwoWays(
  gateway: McpGateway,
  options: Partial<McpHttpOptions> & { readonly caller?: McpCaller } = {},
): Promise<TwoWays> {
  const { caller = fakeCaller(), ...rest } = options;
  const mcp = createMcpHttp({ gateway, version: '1.2.3', ...rest });
  const sdk = toNodeFace(mcp.fetch, () => undefined);
  const url = await listen((request, response) => {
    void bodyOf(request).then((text) => {
      const body = parsed(text);
      return request.url === '/lane'
        ? mcp.handle({ request, response, caller, body })
        : sdk(request, response, { authInfo: callerInfo(caller), body });
    });
  });
  onTestFinished(() => mcp.close());
  const send = (way: 'lane' | 'sdk', request: WireRequest): Promise<WireAnswer> => exchange(`${url}/${way}`, request);
  return {
    mcp,
    url,
    send,
    both: async (request) => {
      const [lane, answer] = await Promise.all([send('lane', request), send('sdk', request)]);
      return { lane, sdk: answer };
    },
  };
}

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function bodyOf(request: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** A body that is not JSON never gets as far as either way: whoever mounts them has answered it. */
function parsed(text: string): unknown {
  return text === '' ? undefined : JSON.parse(text);
}

function exchange(url: string, { method = 'POST', headers, body }: WireRequest): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const request = sendRequest(url, { method, headers: { ...headers } }, (response) => {
      bodyOf(response).then((text) => resolve(answerOf(response.statusCode ?? 0, response.headers, text)), reject);
    });
    request.once('error', reject);
    request.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
}

function answerOf(status: number, headers: IncomingHttpHeaders, text: string): WireAnswer {
  return {
    status,
    headers: Object.fromEntries(TOLD_HEADERS.map((name) => [name, headers[name]])),
    messages: messagesOf(text),
    isOnePiece: headers['content-length'] !== undefined,
  };
}

function messagesOf(text: string): readonly unknown[] {
  if (text === '') return [];
  if (text.startsWith('{')) return [JSON.parse(text)];
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice('data: '.length)));
}
