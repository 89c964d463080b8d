import { randomUUID } from 'node:crypto';
import { CAPSTAN_VERSION, type Host } from '@capstan/host';
import { memoryKeyStore } from '@capstan/identity';
import { createMcpHttp, type McpHttp } from '@capstan/mcp';
import { CapstanError, isCapstanError } from '@capstan/sdk';
import type { SecretVault } from '@capstan/store';
import type { Log, MetricRegistry, RequestTracing } from '@capstan/telemetry';
import { type FastifyInstance, type FastifyRequest, fastify } from 'fastify';
import { workspaceFor } from './auth/access.ts';
import { denyByDefault } from './auth/deny-by-default.ts';
import { mountResourceMetadata } from './auth/resource-metadata.ts';
import { type AuthOptions, ServerAuth, type ServerKey } from './auth/server-auth.ts';
import { serverProof } from './auth/server-proof.ts';
import { CallGate } from './call-gate.ts';
import { answerBadRequest } from './http/bad-request.ts';
import { installErrorReplies } from './http/error-replies.ts';
import { createHttpServer } from './http/http-server.ts';
import { parseJsonBody } from './http/json-body.ts';
import { createOriginGuard } from './http/origin-guard.ts';
import { readinessOf } from './http/readiness.ts';
import { draining, installRequestGate } from './http/request-gate.ts';
import { createHostGateway } from './mcp/host-gateway.ts';
import { type AuthorizedRequest, createMcpFront, type HttpFront, mountMcp } from './mcp/mount-mcp.ts';
import { mountOAuthCallback, OAUTH_CALLBACK_PATH } from './oauth/oauth-callback.ts';
import { openApiDocument } from './openapi/openapi-document.ts';
import { approvalRoutes } from './rest/approval-routes.ts';
import { type AuditRouteSources, auditRoutes } from './rest/audit-routes.ts';
import { cacheRoutes } from './rest/cache-routes.ts';
import { configRoutes } from './rest/config-routes.ts';
import { connectionRoutes } from './rest/connection-routes.ts';
import { contractRoutes } from './rest/contract-routes.ts';
import { invokeRoutes } from './rest/invoke-routes.ts';
import { keyRoutes } from './rest/key-routes.ts';
import { mcpServerRoutes } from './rest/mcp-server-routes.ts';
import { type Authorize, mountRoutes } from './rest/mount-routes.ts';
import { operatorRoutes } from './rest/operator-routes.ts';
import { policyRoutes } from './rest/policy-routes.ts';
import { mountPublicRoutes } from './rest/public-routes.ts';
import { runRoutes } from './rest/run-routes.ts';
import { secretRoutes } from './rest/secret-routes.ts';
import { sessionRoutes } from './rest/session-routes.ts';
import { type SettingsFile, settingsRoutes } from './rest/settings-routes.ts';
import { toolRoutes } from './rest/tool-routes.ts';
import { workspaceRoutes } from './rest/workspace-routes.ts';
import { writtenConnectionRoutes } from './rest/written-connection-routes.ts';
import { createLog } from './server-log.ts';
import { addHostMetrics } from './telemetry/host-metrics.ts';
import { HttpMetrics } from './telemetry/http-metrics.ts';
import { mountMetrics } from './telemetry/metrics-route.ts';
import { RequestSpans, traceRequests } from './telemetry/request-spans.ts';
import { telemetryRoute } from './telemetry/telemetry-route.ts';

/** What {@link createServer} takes. The host stays the caller's: closing the server does not close it. */
export interface ServerOptions {
  readonly host: Host;
  /** Of the operator's files. */
  readonly keys: readonly ServerKey[];
  /** How callers are known beside that. */
  readonly auth?: AuthOptions;
  /** Default 127.0.0.1:7420. Port 0 takes any free one. */
  readonly listen?: { readonly host?: string; readonly port?: number };
  /** What `POST /v1/apply` reads again. */
  readonly settingsFile?: SettingsFile;
  /** Host names that the server answers to, beside the loopback ones and the one it listens on. */
  readonly allowedHosts?: readonly string[];
  /** Origins of pages that may call it, beside the loopback ones. */
  readonly allowedOrigins?: readonly string[];
  /** The URL under which browsers reach it, without a trailing slash; sign-ins come back to it. Default: its own address. */
  readonly publicUrl?: string;
  /** More tools than this, and an MCP endpoint lists the four compact ones. Default 40. */
  readonly compactThreshold?: number;
  /** Default: warnings and errors, on standard error. */
  readonly log?: Log;
  /** What is counted; `/metrics` shows it. Give the host a `CallMetrics` over it as its observer. Default: nothing is. */
  readonly metrics?: MetricRegistry;
  /** Makes a span of each request. Default: none are made. */
  readonly tracing?: RequestTracing;
  /** A random key that `GET /healthz?nonce=` proves to know, so that a command tells this server from a stranger at its port. */
  readonly provenKey?: string;
  /** What `GET /readyz` asks, once a second at most: rejects where something that the server needs does not answer. */
  readonly checkReady?: () => Promise<void>;
  /** What was recorded; without it there are no routes to read it. */
  readonly audit?: AuditRouteSources;
  /** What its secrets are kept in. */
  readonly vault?: SecretVault;
}

/** A server that was made; `listen` opens its port. */
export interface CapstanServer {
  /** Resolves with the URL. @throws CapstanError CAPSTAN_CONFLICT when the port is taken. */
  listen(): Promise<string>;
  /** Every method and path that is routed, with parameters as `:name`. */
  readonly routes: readonly RoutedPath[];
  /** Lets no call in, waits up to `timeoutMs` (5,000) for those under way, cancels the rest, and closes every connection. */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
}

/** Something that the server answers. */
export interface RoutedPath {
  readonly method: string;
  readonly path: string;
}

interface ServerParts {
  readonly routes: readonly RoutedPath[];
  readonly app: FastifyInstance;
  readonly gate: CallGate;
  readonly mcp: McpHttp;
  readonly auth: ServerAuth;
  readonly stopWatching: (() => void) | undefined;
  readonly address: { readonly host: string; readonly port: number };
}

/** The route of a request that led nowhere. */
const NO_ROUTE = '_none';
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;
const MAX_PARAMETER_LENGTH = 1024;
const DEFAULT_PORT = 7420;
const DEFAULT_CLOSE_TIMEOUT_MS = 5_000;
const IDLE_CHECK_MS = 20;
const WRITE_GRACE_MS = 1_000;

/** A host as a server: REST, MCP over HTTP, and their documentation. */
export function createServer(options: ServerOptions): CapstanServer {
  const log = options.log ?? createLog({ level: 'warn' });
  const address = { host: options.listen?.host ?? '127.0.0.1', port: options.listen?.port ?? DEFAULT_PORT };
  const front: { current: HttpFront } = { current: () => false };
  const app = createApp((request, response) => front.current(request, response));
  const gate = new CallGate();
  const onError = (error: Error): void => log.pino.error({ err: error }, 'an MCP request failed');
  const mcp = createMcpHttp({
    gateway: createHostGateway(options.host, gate),
    version: CAPSTAN_VERSION,
    ...(options.compactThreshold === undefined ? {} : { compactThreshold: options.compactThreshold }),
    onError,
    onNotice: (error) => log.pino.debug({ notice: error.message }, 'MCP'),
  });
  const routed = listRoutes(app);
  const publicUrl = (): string => options.publicUrl ?? urlOf(app, address.host);
  const keyStore = options.auth?.keyStore ?? memoryKeyStore();
  const auth = new ServerAuth({
    ...options.auth,
    keyStore,
    keys: options.keys,
    publicUrl,
    onError: (error) => log.pino.warn({ err: error }, 'a caller could not be checked as it should'),
    onWait: ({ address, waitMs }) =>
      log.pino.warn({ address, wait_ms: waitMs }, 'wrong keys: this address has to wait'),
  });
  installErrorReplies(app, { log: log.pino, challengeFor: ({ headers, url }) => auth.challengeFor({ headers, url }) });
  const guard = createOriginGuard({
    allowedHosts: options.allowedHosts ?? [],
    allowedOrigins: options.allowedOrigins ?? [],
    listenHost: address.host,
  });
  installRequestGate(app, { guard, gate, refuseBlocked: (request) => auth.refuseBlocked(request) });
  const spans = options.tracing === undefined ? undefined : new RequestSpans(options.tracing);
  if (spans !== undefined) traceRequests(app, spans);
  const answered = options.metrics === undefined ? undefined : new HttpMetrics(options.metrics);
  const isTalkative = log.pino.isLevelEnabled('debug');
  app.addHook('onResponse', async (request, reply) => {
    const { id, method, routeOptions } = request;
    const { statusCode: status, elapsedTime: durationMs } = reply;
    answered?.answered({ method, route: routeOptions.url ?? NO_ROUTE, status, durationMs });
    if (isTalkative)
      log.pino.debug({ request_id: id, method, route: routeOptions.url, status, ms: durationMs }, 'request');
  });
  const routes = [
    ...toolRoutes(options.host),
    ...invokeRoutes(options.host, gate),
    ...operatorRoutes(options.host),
    ...runRoutes(options.host),
    ...mcpServerRoutes(options.host),
    ...workspaceRoutes(options.host),
    ...writtenConnectionRoutes(options.host),
    ...configRoutes(options.host),
    ...settingsRoutes(options.host, options.settingsFile),
    ...keyRoutes({ host: options.host, store: keyStore, declared: options.keys, now: Date.now }),
    ...connectionRoutes(options.host, () => `${publicUrl()}${OAUTH_CALLBACK_PATH}`),
    ...approvalRoutes(options.host),
    ...contractRoutes(options.host),
    ...policyRoutes({
      host: options.host,
      keyStore,
      declared: options.keys,
      now: Date.now,
      ...(options.audit === undefined ? {} : { audit: options.audit.log }),
    }),
    ...sessionRoutes(auth.sessions),
    ...(options.metrics === undefined ? [] : [telemetryRoute(options.host, options.metrics, Date.now)]),
    ...cacheRoutes(options.host),
    ...(options.audit === undefined ? [] : auditRoutes(options.audit)),
    ...(options.vault === undefined ? [] : secretRoutes(options.host, options.vault)),
  ];
  const { authorize, isAuthorized } = authorizer(options.host, auth);
  denyByDefault(app, isAuthorized);
  mountRoutes(app, { routes, authorize, log: log.pino });
  mountPublicRoutes(app, {
    openApi: openApiDocument(routes, CAPSTAN_VERSION),
    readiness: readinessOf({ isDraining: () => gate.isClosed, check: options.checkReady }),
    prove: proverOf(options),
  });
  const stopWatching = options.metrics === undefined ? undefined : addHostMetrics(options.metrics, options.host);
  if (options.metrics !== undefined) mountMetrics(app, { registry: options.metrics, authorize });
  mountOAuthCallback(app, options.host);
  mountResourceMetadata(app, { issuers: auth.issuers, publicUrl });
  mountMcp(app, { mcp, authorize });
  const mcpFront = createMcpFront({
    mcp,
    admit: (request, named) => {
      auth.refuseBlocked(request);
      guard.check({ host: request.headers.host, origin: undefined });
      if (gate.isClosed) throw draining();
      const caller = auth.known(request);
      if (caller === undefined) return undefined;
      const workspace = workspaceFor(options.host, caller, named);
      return { caller, workspace, origin: auth.originOf(request, caller) };
    },
    bodyLimitBytes: BODY_LIMIT_BYTES,
    onError,
  });
  front.current = watched(mcpFront, { log: isTalkative ? log : undefined, answered, spans });
  return serverOf({ app, gate, mcp, auth, address, routes: routed, stopWatching });
}

/** @param front Sees each request before the framework does. */
function createApp(front: HttpFront): FastifyInstance {
  const app = fastify({
    serverFactory: (handle) =>
      createHttpServer((request, response) => {
        if (!front(request, response)) handle(request, response);
      }),
    bodyLimit: BODY_LIMIT_BYTES,
    genReqId: () => `req_${randomUUID()}`,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    // While it drains the server answers in its own words; see installRequestGate.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    frameworkErrors: (_error, _request, reply) => answerBadRequest(reply),
    clientErrorHandler: (_error, socket) => answerBadRequest(socket),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, parseJsonBody(String(body)));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  });
  return app;
}

interface Watchers {
  readonly log: Log | undefined;
  readonly answered: HttpMetrics | undefined;
  readonly spans: RequestSpans | undefined;
}

/** What the framework's hook does for the requests that it sees. */
function watched(front: HttpFront, { log, answered, spans }: Watchers): HttpFront {
  if (log === undefined && answered === undefined && spans === undefined) return front;
  return (request, response) => {
    const startedAt = performance.now();
    spans?.begin(request);
    if (!front(request, response)) return false;
    response.once('close', () => {
      const status = response.statusCode;
      const route = request.url?.startsWith('/mcp') ? '/mcp' : '/w/:workspace/mcp';
      spans?.end(request, status, route);
      answered?.answered({ method: 'POST', route, status, durationMs: performance.now() - startedAt });
      log?.pino.debug({ method: request.method, route: request.url, status }, 'request');
    });
    return true;
  };
}

function proverOf({ provenKey }: ServerOptions): ((nonce: string) => string | undefined) | undefined {
  return provenKey === undefined ? undefined : (nonce) => serverProof(provenKey, nonce);
}

/** Notes what is routed from now on. */
function listRoutes(app: FastifyInstance): readonly RoutedPath[] {
  const routes: RoutedPath[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, path: url });
  });
  return routes;
}

interface Authorizer {
  readonly authorize: Authorize;
  readonly isAuthorized: (request: FastifyRequest) => boolean;
}

/** Checks each request once, however often it is asked. */
function authorizer(host: Host, auth: ServerAuth): Authorizer {
  const checked = new WeakMap<FastifyRequest, AuthorizedRequest>();
  return {
    isAuthorized: (request) => checked.has(request),
    authorize: async (request, named) => {
      const known = checked.get(request);
      if (known) return known;
      const caller = auth.known(request.raw) ?? (await auth.authenticate(request.raw));
      const workspace = workspaceFor(host, caller, named);
      const authorized = { caller, workspace, origin: auth.originOf(request.raw, caller) };
      checked.set(request, authorized);
      return authorized;
    },
  };
}

function serverOf({ app, gate, mcp, auth, address, routes, stopWatching }: ServerParts): CapstanServer {
  let closing: Promise<void> | undefined;
  const close = async (timeoutMs: number): Promise<void> => {
    await gate.close(timeoutMs);
    await mcp.close();
    await closeConnections(app);
    stopWatching?.();
    await auth.close();
  };
  return {
    routes,
    listen: async () => {
      try {
        await app.listen(address);
      } catch (error) {
        await app.close();
        throw listenError(error, address);
      }
      return urlOf(app, address.host);
    },
    close: ({ timeoutMs = DEFAULT_CLOSE_TIMEOUT_MS } = {}) => {
      closing ??= close(timeoutMs);
      return closing;
    },
  };
}

/** Answers that are being written get a moment; connections that wait for another request get none. */
async function closeConnections(app: FastifyInstance): Promise<void> {
  const idle = setInterval(() => app.server.closeIdleConnections(), IDLE_CHECK_MS);
  const last = setTimeout(() => app.server.closeAllConnections(), WRITE_GRACE_MS);
  await app.close();
  clearInterval(idle);
  clearTimeout(last);
}

/** A URL that works on this machine: a server that listens everywhere is shown by its loopback address. */
function urlOf(app: FastifyInstance, host: string): string {
  const bound = app.server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const shown = host === '0.0.0.0' || host === '' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}

function listenError(error: unknown, { host, port }: ServerParts['address']): unknown {
  if (isCapstanError(error) || !(error instanceof Error) || !('code' in error)) return error;
  const details = { host, port };
  if (error.code === 'EADDRINUSE') {
    return new CapstanError('CAPSTAN_CONFLICT', `port ${port} on ${host} is taken by another program`, {
      hint: 'Stop that program, or choose another port with --port or PORT.',
      details,
      cause: error,
    });
  }
  return new CapstanError(
    'CAPSTAN_CONFIG_INVALID',
    `the server cannot listen on ${host}, port ${port}: ${error.code}`,
    {
      hint: 'Correct server.host and server.port in capstan.yaml, or --port.',
      details,
      cause: error,
    },
  );
}
