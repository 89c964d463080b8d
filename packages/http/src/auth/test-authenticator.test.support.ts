import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSecret } from '@capstan/schema';
import { type CapstanError, type ConnectionAuth, isCapstanError, type ToolConnection } from '@capstan/sdk';
import { onTestFinished } from 'vitest';
import { loopbackClient } from '../loopback-client.test.support.ts';
import type { HttpAnswer, HttpClient } from '../types.ts';
import type { AccountEvent } from './account-tokens.ts';
import type { Authenticator } from './authentication.ts';
import { type AuthenticatorOptions, createAuthenticator } from './authenticator.ts';
import { CLIENT_ID, CLIENT_SECRET, type OAuthServer } from './oauth-server.test.support.ts';

export const START_MS: number = Date.UTC(2026, 0, 1);

/** An authenticator over real sockets, with a clock of the test's. */
export interface TestAuthenticator {
  readonly authenticator: Authenticator;
  readonly http: HttpClient;
  readonly clock: { now(): number; advance(ms: number): void };
  readonly events: readonly AccountEvent[];
}

export function testAuthenticator(options: Partial<AuthenticatorOptions> = {}): TestAuthenticator {
  let now = START_MS;
  const clock = {
    now: () => now,
    advance: (ms: number) => {
      now += ms;
    },
  };
  const events: AccountEvent[] = [];
  const http = options.http ?? loopbackClient();
  const authenticator = createAuthenticator({ http, clock, onState: (event) => events.push(event), ...options });
  return { authenticator, http, clock, events };
}

/** What the service saw of a request. */
export interface SeenCall {
  readonly url: string;
  readonly authorization: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** A service that takes every call, or those alone that a function lets pass. */
export interface TestService {
  readonly url: string;
  readonly calls: readonly SeenCall[];
}

export async function service(accepts: (call: SeenCall) => boolean = () => true): Promise<TestService> {
  const calls: SeenCall[] = [];
  const server = createServer((incoming, outgoing) => {
    const call = { url: incoming.url ?? '', authorization: incoming.headers.authorization, headers: incoming.headers };
    calls.push(call);
    incoming.resume().on('end', () => outgoing.writeHead(accepts(call) ? 200 : 401).end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

/** A service that takes the tokens of an authorization server. */
export function tokenService(server: OAuthServer): Promise<TestService> {
  return service(({ authorization }) => server.isValid(authorization?.replace('Bearer ', '') ?? ''));
}

export function connectionWith(auth: ConnectionAuth, url: string, parts: Partial<ToolConnection> = {}): ToolConnection {
  return {
    id: 'con_1',
    workspaceId: 'default',
    pack: 'example',
    toolType: 'line',
    connectionType: 'remote',
    name: 'example',
    remoteClusterUrl: url,
    config: {},
    auth,
    owner: 'workspace',
    status: 'registered_but_not_connected',
    ...parts,
  };
}

/** The settings of the test server's client. */
export function machineAuth(server: OAuthServer, parts: Omit<ConnectionAuth, 'type'> = {}): ConnectionAuth {
  return {
    type: 'oauth2_client_credentials',
    client_id: CLIENT_ID,
    client_secret: createSecret(CLIENT_SECRET),
    token_url: `${server.url}/token`,
    ...parts,
  };
}

export function accountAuth(server: OAuthServer, parts: Omit<ConnectionAuth, 'type'> = {}): ConnectionAuth {
  return {
    type: 'oauth2_authorization_code',
    client_id: CLIENT_ID,
    client_secret: createSecret(CLIENT_SECRET),
    issuer: server.url,
    ...parts,
  };
}

/** One call over a connection. */
export function callOver(
  { authenticator, http }: Pick<TestAuthenticator, 'authenticator' | 'http'>,
  connection: ToolConnection,
  options: { readonly signal?: AbortSignal; readonly timeoutMs?: number; readonly egress?: readonly string[] } = {},
): Promise<HttpAnswer> {
  const { egress, timeoutMs = 5_000, signal } = options;
  return authenticator.exchange(
    connection,
    {
      target: http.target(connection.remoteClusterUrl ?? '', undefined),
      method: 'POST',
      path: '/v1/tools/line.send',
      headers: ['Content-Type', 'application/json'],
      body: '{}',
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    },
    { egress },
  );
}

/** The error that work must end in. */
export async function errorOf(work: Promise<unknown>): Promise<CapstanError> {
  const outcome = await work.then(
    () => new Error('expected an error'),
    (error: unknown) => error,
  );
  if (isCapstanError(outcome)) return outcome;
  throw outcome;
}
