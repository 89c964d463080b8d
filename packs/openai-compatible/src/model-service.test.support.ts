import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

/** One request as the service got it. */
export interface HeardRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: { readonly [key: string]: unknown };
}

/** A server that speaks the API: it answers `echo: {the last message}`, streamed when asked. */
export interface ModelService {
  readonly url: string;
  readonly requests: readonly HeardRequest[];
  /** The most requests that were under way at once. */
  readonly atOnce: () => number;
}

/** How a prompt makes the service misbehave: the prompt itself says it. */
const FAULTS: Readonly<Record<string, { readonly status: number; readonly body: object; readonly headers?: object }>> =
  {
    'please refuse': {
      status: 400,
      body: { error: { message: 'the prompt is not allowed', code: 'content_filter', type: 'invalid_request_error' } },
    },
    'please limit': {
      status: 429,
      body: { error: { message: 'too many requests', type: 'rate_limit' } },
      headers: { 'retry-after': '1' },
    },
    'please break': { status: 500, body: { error: 'the model does not load' } },
    'please unknown': { status: 404, body: { error: { message: 'no such model', code: 'model_not_found' } } },
  };
const KEY = 'sk-test-of-the-pack';

/** Starts the service on a free port of loopback; it ends with the test. */
export async function modelService(): Promise<ModelService> {
  const requests: HeardRequest[] = [];
  let current = 0;
  let most = 0;
  const server = createServer(async (request, response) => {
    current += 1;
    most = Math.max(most, current);
    response.on('close', () => {
      current -= 1;
    });
    const heard = {
      path: request.url ?? '',
      authorization: request.headers.authorization,
      body: await bodyOf(request),
    };
    requests.push(heard);
    if (heard.authorization !== `Bearer ${KEY}`) {
      send(response, 401, { error: { message: 'Incorrect API key provided', code: 'invalid_api_key' } });
    } else answer(heard, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/v1`, requests, atOnce: () => most };
}

/** The one key that the service takes. */
export const MODEL_SERVICE_KEY: string = KEY;

async function bodyOf(request: IncomingMessage): Promise<HeardRequest['body']> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
}

function answer({ path, body }: HeardRequest, response: ServerResponse): unknown {
  if (path === '/v1/models') {
    return send(response, 200, { object: 'list', data: [{ id: 'tiny-2', owned_by: 'us' }, { id: 'tiny-1' }] });
  }
  if (path === '/v1/embeddings') return send(response, 200, embeddings(body));
  if (path !== '/v1/chat/completions') return send(response, 404, { error: { message: `no ${path}` } });
  const prompt = lastMessage(body);
  const fault = FAULTS[prompt];
  if (fault) return send(response, fault.status, fault.body, fault.headers);
  if (prompt === 'please wait') return undefined;
  if (body.stream === true) return stream(response, body, prompt);
  return setTimeout(() => send(response, 200, completion(body, `echo: ${prompt}`)), 5);
}

function lastMessage({ messages }: HeardRequest['body']): string {
  const last = Array.isArray(messages) ? messages.at(-1) : undefined;
  return typeof last?.content === 'string' ? last.content : '';
}

const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

function completion({ model }: HeardRequest['body'], content: string): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model,
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: USAGE,
  };
}

/** Out of order, as the API may: `index` says which text a vector is of. */
function embeddings({ model, input }: HeardRequest['body']): object {
  const texts = Array.isArray(input) ? input : [];
  const data = texts.map((text, index) => ({ object: 'embedding', index, embedding: [String(text).length, index] }));
  return { object: 'list', model, data: data.toReversed(), usage: { prompt_tokens: 4, total_tokens: 4 } };
}

function stream(response: ServerResponse, { model }: HeardRequest['body'], prompt: string): unknown {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const chunk = (delta: object, finish: string | null = null): void => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    response.write(
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model, choices })}\n\n`,
    );
  };
  if (prompt === 'please call') {
    const call = (piece: object): object => ({ tool_calls: [{ index: 0, ...piece }] });
    chunk(call({ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"ci' } }));
    chunk(call({ function: { arguments: 'ty":"Oslo"}' } }));
    chunk({}, 'tool_calls');
  } else {
    for (const piece of ['ec', 'ho: ', prompt]) chunk({ content: piece });
    if (prompt === 'please cut') return response.end();
    chunk({}, 'stop');
  }
  response.write(
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model, choices: [], usage: USAGE })}\n\n`,
  );
  return response.end('data: [DONE]\n\n');
}

function send(response: ServerResponse, status: number, body: object, headers: object = {}): unknown {
  if (response.destroyed) return undefined;
  return response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
