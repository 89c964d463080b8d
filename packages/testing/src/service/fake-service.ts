import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject, JsonValue } from '@capstan/sdk';
import { type Fault, FaultQueue } from './fault.ts';

/*
 * 1. It listens on the loopback alone, on a free port, until `close`.
 * 2. What hangs is ended by `close`: every socket is destroyed.
 */

/** One call as the service saw it. */
export interface ServiceCall {
  /** `line.send_message`. */
  readonly tool: string;
  readonly params: JsonObject;
  readonly context: JsonObject;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a tool of the service answers: a value, or a function of the call. What it throws is an error of the contract. */
export type ServiceAnswer = JsonValue | ((call: ServiceCall) => JsonValue | Promise<JsonValue>);

/** How a {@link FakeService} is made. */
export interface FakeServiceOptions {
  /** Calls without this bearer token are refused. Absent: everybody may call. */
  readonly token?: string;
}

/** A remote service that speaks the remote tool contract over real HTTP, and fails when it is told to. */
export interface FakeService extends AsyncDisposable {
  /** The `base_url` for a pack's config. */
  readonly url: string;
  /** Every call of a tool that came in, refused and failed ones too, in order. */
  readonly calls: readonly ServiceCall[];
  /** Lets the next calls of a tool fail. */
  fail(tool: string, fault: Fault, times?: number): void;
  /** Changes what a tool answers. */
  answer(tool: string, answer: ServiceAnswer): void;
  close(): Promise<void>;
}

/** Starts a {@link FakeService}. A call with an idempotency key that it knows gets the answer of the first one. */
export async function startFakeService(
  answers: Readonly<Record<string, ServiceAnswer>>,
  options: FakeServiceOptions = {},
): Promise<FakeService> {
  const service = new LoopbackService(answers, options);
  await service.listen();
  return service;
}

class LoopbackService implements FakeService {
  readonly calls: ServiceCall[] = [];
  readonly #answers: Map<string, ServiceAnswer>;
  readonly #token: string | undefined;
  readonly #faults = new FaultQueue();
  readonly #replays = new Map<string, JsonObject>();
  readonly #server: Server;

  constructor(answers: Readonly<Record<string, ServiceAnswer>>, { token }: FakeServiceOptions) {
    this.#answers = new Map(Object.entries(answers));
    this.#token = token;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => response.destroy(asError(error)));
    });
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${portOf(address)}`;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve)); // 1
  }

  fail(tool: string, fault: Fault, times = 1): void {
    this.#faults.add(tool, fault, times);
  }

  answer(tool: string, answer: ServiceAnswer): void {
    this.#answers.set(tool, answer);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections(); // 2
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    if (path === '/v1/health') return send(response, 200, { status: 'ok' });
    if (!this.#isAuthorized(request)) return send(response, 401, failure('unauthorized', 'the token is wrong'));
    if (path === '/v1/tools')
      return send(response, 200, { contract: 1, tools: [...this.#answers.keys()].map((name) => ({ name })) });
    const tool = decodeURIComponent(path.replace('/v1/tools/', ''));
    const call = { tool, headers: headersOf(request), ...paramsOf(body) };
    this.calls.push(call);
    const fault = this.#faults.next(tool);
    return fault === undefined ? this.#answer(call, response) : misbehave(fault, response);
  }

  async #answer(call: ServiceCall, response: ServerResponse): Promise<void> {
    const answer = this.#answers.get(call.tool);
    if (answer === undefined) return send(response, 404, failure('not_found', `there is no tool ${call.tool}`));
    const key = call.headers['idempotency-key'];
    const known = key === undefined ? undefined : this.#replays.get(`${call.tool} ${key}`);
    if (known !== undefined) return send(response, 200, known);
    try {
      const result = typeof answer === 'function' ? await answer(call) : answer;
      const envelope = { success: true, result, timestamp: new Date().toISOString() };
      if (key !== undefined) this.#replays.set(`${call.tool} ${key}`, envelope);
      return send(response, 200, envelope);
    } catch (error) {
      return send(response, 200, failure('refused', asError(error).message));
    }
  }

  #isAuthorized({ headers }: IncomingMessage): boolean {
    return this.#token === undefined || headers.authorization === `Bearer ${this.#token}`;
  }
}

function misbehave(fault: Fault, response: ServerResponse): void {
  switch (fault.kind) {
    case 'status':
      if (fault.retryAfterS !== undefined) response.setHeader('retry-after', String(fault.retryAfterS));
      response.writeHead(fault.status).end();
      break;
    case 'error':
      send(response, fault.status ?? 200, failure(fault.code, fault.message, fault.retriable));
      break;
    case 'reset':
      response.destroy();
      break;
    case 'garbage':
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"success": tr');
      break;
    case 'hang':
      break;
  }
}

function failure(code: string, message: string, retriable?: boolean): JsonObject {
  const error = { code, message, ...(retriable === undefined ? {} : { retriable }) };
  return { success: false, error, timestamp: new Date().toISOString() };
}

function send(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

function paramsOf(text: string): { readonly params: JsonObject; readonly context: JsonObject } {
  const { context = {}, ...params }: JsonObject = text === '' ? {} : JSON.parse(text);
  return { params, context: isObject(context) ? context : {} };
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function headersOf({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function portOf(address: AddressInfo | string | null): number {
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('the service does not listen');
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
