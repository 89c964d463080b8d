import { createHost, type Host, type HostOptions, loadSettings, type RegisteredToolOptions } from '@capstan/host';
import { CapstanError, type JsonValue } from '@capstan/sdk';
import type { Log } from '@capstan/telemetry';
import { onTestFinished } from 'vitest';
import type { RoutedPath } from './server.ts';
import { createLog } from './server-log.ts';
import { type StartServerOptions, startServer } from './start-server.ts';

/** A server on a free port, with the host behind it. */
export interface ServerUnderTest {
  readonly url: string;
  readonly routes: readonly RoutedPath[];
  readonly host: Host;
  /** Every line of the log. */
  readonly logLines: readonly string[];
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
  /** Sends a request with the agent key, or another one. */
  send(path: string, request?: TestRequest): Promise<Response>;
}

/** A request of a test. A body is sent as JSON, text as it is. */
export interface TestRequest {
  readonly method?: string;
  readonly key?: string | undefined;
  readonly body?: JsonValue;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export const AGENT_KEY = 'cap_agent_of-the-tests';
export const ADMIN_KEY = 'cap_admin_of-the-tests';
export const OTHER_KEY = 'cap_agent_of-workspace-other';

/** What a test server is made of. */
export interface ServerUnderTestOptions extends Partial<Omit<StartServerOptions, 'host'>> {
  readonly hostOptions?: HostOptions;
  readonly tools?: readonly RegisteredToolOptions[];
}

/** Workspaces `default` and `other`; tools of the application in `default` alone. */
export async function serverUnderTest(options: ServerUnderTestOptions = {}): Promise<ServerUnderTest> {
  const { hostOptions, tools = [], ...rest } = options;
  const host = await createHost({ environment: {}, config: settings(), ...hostOptions });
  for (const tool of tools) host.register({ workspaces: ['default'], ...tool });
  const logLines: string[] = [];
  const server = await startServer({
    host,
    keys: [
      { name: 'agent', role: 'agent', value: AGENT_KEY },
      { name: 'other', role: 'agent', workspace: 'other', value: OTHER_KEY },
      { name: 'admin', role: 'admin', value: ADMIN_KEY },
    ],
    listen: { port: 0 },
    log: logInto(logLines),
    ...rest,
  });
  onTestFinished(async () => {
    await server.close({ timeoutMs: 100 });
    await host.close({ timeoutMs: 100 });
  });
  return { ...server, host, logLines, send: (path, request) => send(`${server.url}${path}`, request ?? {}) };
}

/** A log at its most talkative. */
export function logInto(lines: string[]): Log {
  return createLog({ level: 'trace', destination: { write: (line) => void lines.push(line) } });
}

/** A tool whose handler is under the test's control. */
export function tool(
  id: string,
  handler: RegisteredToolOptions['handler'],
  more: Partial<RegisteredToolOptions> = {},
): RegisteredToolOptions {
  return { id, description: `Does ${id}.`, handler, ...more };
}

/** Waits until the call is cancelled, then fails as it should. */
export function untilCancelled(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const cancel = (): void => reject(new CapstanError('CAPSTAN_CANCELLED', 'the caller cancelled'));
    if (signal.aborted) cancel();
    signal.addEventListener('abort', cancel, { once: true });
  });
}

function settings(): NonNullable<HostOptions['config']> {
  const text = JSON.stringify({ version: 1, workspaces: { default: {}, other: {} } });
  const loading = loadSettings({ path: 'capstan.yaml', text });
  if (loading.settings === undefined) throw new Error(JSON.stringify(loading.diagnostics));
  return loading.settings;
}

function send(url: string, { method, key = AGENT_KEY, body, headers, signal }: TestRequest): Promise<Response> {
  return fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    headers: {
      ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(signal === undefined ? {} : { signal }),
  });
}
