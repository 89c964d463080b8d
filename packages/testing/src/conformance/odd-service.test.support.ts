import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { onTestFinished } from 'vitest';

/** A request with its whole body. */
export interface OddRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** What a service of a test answers. `hang` answers nothing. */
export type OddAnswer =
  | 'hang'
  | { readonly status: number; readonly body: unknown; readonly headers?: Readonly<Record<string, string>> };

const TIMESTAMP = '2025-12-03T20:00:00Z';

export function ok(result: unknown): OddAnswer {
  return { status: 200, body: { success: true, result, timestamp: TIMESTAMP } };
}

export function no(status: number, message = 'no'): OddAnswer {
  return { status, body: { success: false, error: { code: `E${status}`, message }, timestamp: TIMESTAMP } };
}

/** Starts a service that a test wrote; its URL. It ends with the test. */
export function oddService(answer: (request: OddRequest) => OddAnswer): Promise<string> {
  return serve((request, response) => {
    void respond(request, response, answer);
  });
}

/** Starts a proxy that puts a path before those of a service; the URL of the service behind it. */
export async function behindPrefix(prefix: string, target: string): Promise<string> {
  const url = await serve((request, response) => {
    const { method, headers, url: path = '' } = request;
    if (!path.startsWith(`${prefix}/`)) {
      response.writeHead(404).end();
      return;
    }
    const forwarded = httpRequest(
      `${target}${path.slice(prefix.length)}`,
      { method, headers, agent: false },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    forwarded.on('error', () => response.destroy());
    request.pipe(forwarded);
  });
  return `${url}${prefix}`;
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: OddRequest) => OddAnswer,
): Promise<void> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const { method = '', url: path = '', headers } = request;
  const answered = answer({ method, path, authorization: headers.authorization, body });
  if (answered === 'hang') return;
  response.writeHead(answered.status, { 'content-type': 'application/json', ...answered.headers });
  response.end(typeof answered.body === 'string' ? answered.body : JSON.stringify(answered.body));
}

/** The parameters of a body; undefined where it is no JSON object. */
export function paramsOf(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return Object.fromEntries(Object.entries(value).filter(([name]) => name !== 'context'));
  } catch {
    return undefined;
  }
}
