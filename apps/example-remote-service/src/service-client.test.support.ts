import { onTestFinished } from 'vitest';
import { type ExampleService, type ExampleServiceOptions, startExampleService } from './start.ts';

/** A whole answer. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads answers of any shape
  readonly json: any;
}

/** A service with a caller that has its token; it stops with the test. */
export interface ServiceClient {
  readonly service: ExampleService;
  request(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  /** Calls a tool. */
  call(tool: string, params: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  /** Asks after a job until it has ended. */
  follow(statusUrl: string): Promise<Reply>;
}

export async function startClient(options: ExampleServiceOptions = {}): Promise<ServiceClient> {
  const service = await startExampleService({ token: 'right', stepMs: 5, ...options });
  onTestFinished(() => service.kill());
  const request: ServiceClient['request'] = async (method, path, body, headers = {}) => {
    const response = await fetch(new URL(path, `${service.url}/v1/tools/`), {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: {
        authorization: `Bearer ${service.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
  };
  const follow: ServiceClient['follow'] = async (statusUrl) => {
    for (;;) {
      const reply = await request('GET', statusUrl);
      if (reply.status !== 200 || !['queued', 'running'].includes(reply.json.job.status)) return reply;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return { service, request, call: (tool, params, headers) => request('POST', `./${tool}`, params, headers), follow };
}
