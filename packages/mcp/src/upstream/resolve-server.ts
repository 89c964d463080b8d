import type { HttpCredentials } from './http-connection.ts';
import type { McpServerDeclaration } from './server-declaration.ts';
import {
  type HttpServerAddress,
  type StdioServerAddress,
  UPSTREAM_LIMITS,
  type UpstreamLimits,
  type UpstreamServer,
} from './upstream-server.ts';

/** What the host decides about a declared server. */
export interface ServerResolution {
  readonly name: string;
  readonly declaration: McpServerDeclaration;
  /** Resolves the references of one text; `field` names it in messages. @throws CapstanError */
  readonly resolve: (text: string, field: string) => string;
  /** What every process gets beside what its declaration says: PATH, HOME and the like. */
  readonly baseEnvironment: Readonly<Record<string, string>>;
  /** Hosts that may be reached; absent means the host of the URL. */
  readonly egress?: readonly string[];
  /** Instead of the declaration's own token. */
  readonly credentials?: HttpCredentials;
  readonly limits?: Partial<UpstreamLimits>;
}

const TIMEOUT_MS = 30_000;
const HTTP_CONNECT_MS = 10_000;
/** `npx` may have to fetch the server first. */
const STDIO_CONNECT_MS = 60_000;

/** Fills in references and defaults. @throws CapstanError where `resolve` does */
export function resolveServer(resolution: ServerResolution): UpstreamServer {
  const { name, declaration } = resolution;
  const isStdio = declaration.command !== undefined;
  return {
    name,
    address: isStdio ? stdioAddress(resolution) : httpAddress(resolution),
    prefix: declaration.prefix ?? '',
    selectedTools: declaration.selectedTools,
    timeoutMs: declaration.timeoutMs ?? TIMEOUT_MS,
    connectTimeoutMs: declaration.connectTimeoutMs ?? (isStdio ? STDIO_CONNECT_MS : HTTP_CONNECT_MS),
    share: declaration.share ?? 'principal',
    trustAnnotations: declaration.trustAnnotations ?? false,
    limits: { ...UPSTREAM_LIMITS, ...resolution.limits },
  };
}

function httpAddress({ declaration, resolve, egress, credentials }: ServerResolution): HttpServerAddress {
  const { url = '', headers = {}, token, transport = 'auto' } = declaration;
  const bearer = token === undefined ? undefined : `Bearer ${resolve(token, 'token')}`;
  const own =
    credentials ??
    (bearer === undefined ? undefined : { get: () => ({ headers: ['authorization', bearer], query: '' }) });
  return {
    kind: 'http',
    form: transport === 'streamable_http' ? 'streamable' : transport,
    url: resolve(url, 'url'),
    ...(egress === undefined ? {} : { egress }),
    headers: Object.fromEntries(
      Object.entries(headers).map(([key, text]) => [key.toLowerCase(), resolve(text, `headers.${key}`)]),
    ),
    ...(own === undefined ? {} : { credentials: own }),
  };
}

function stdioAddress({ declaration, resolve, baseEnvironment }: ServerResolution): StdioServerAddress {
  const { command = '', args = [], env = {}, cwd } = declaration;
  const own = Object.entries(env).map(([key, text]) => [key, resolve(text, `env.${key}`)]);
  return {
    kind: 'stdio',
    command: resolve(command, 'command'),
    args: args.map((arg, index) => resolve(arg, `args.${index}`)),
    environment: { ...baseEnvironment, ...Object.fromEntries(own) },
    ...(cwd === undefined ? {} : { cwd: resolve(cwd, 'cwd') }),
  };
}
