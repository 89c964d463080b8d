import type { JsonObject, JsonValue } from '@capstan/sdk';
import { isObject } from './message.ts';
import { SESSION_SHARING, type SessionSharing } from './upstream-server.ts';

/** The ways to reach a server that a declaration may name. */
export const SERVER_TRANSPORTS = ['auto', 'streamable_http', 'sse', 'stdio'] as const;
export type ServerTransport = (typeof SERVER_TRANSPORTS)[number];

/** One entry of `mcp_servers`, read; its texts may hold references, and nothing is resolved yet. */
export interface McpServerDeclaration {
  /** Exactly one of `url` and `command` is there. */
  readonly url?: string;
  readonly command?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as a bearer token. */
  readonly token?: string;
  readonly prefix?: string;
  readonly selectedTools?: readonly string[];
  readonly timeoutMs?: number;
  readonly connectTimeoutMs?: number;
  readonly transport?: Exclude<ServerTransport, 'stdio'>;
  readonly share?: SessionSharing;
  readonly trustAnnotations?: boolean;
}

/** The outcome of reading a declaration: every problem in one go. */
export type ServerReading =
  | { readonly ok: true; readonly declaration: McpServerDeclaration; readonly ignored: readonly string[] }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The same key under the names that manifests, the seed, ToolUniverse and Claude's files give it. */
const NAMES: Readonly<Record<string, string>> = {
  server_url: 'url',
  serverUrl: 'url',
  environment: 'env',
  bearer_token: 'token',
  auth_token: 'token',
  authToken: 'token',
  tool_prefix: 'prefix',
  toolPrefix: 'prefix',
  selectedTools: 'selected_tools',
  type: 'transport',
  timeoutMs: 'timeout_ms',
  connectTimeoutMs: 'connect_timeout_ms',
  trustAnnotations: 'trust_annotations',
};

const TRANSPORT_NAMES: Readonly<Record<string, ServerTransport>> = {
  auto: 'auto',
  http: 'auto',
  streamable_http: 'streamable_http',
  'streamable-http': 'streamable_http',
  streamableHttp: 'streamable_http',
  sse: 'sse',
  stdio: 'stdio',
};

/** Reads one entry of `mcp_servers`. A text alone is a URL. Unknown keys are ignored, and named. */
export function readServerDeclaration(value: unknown): ServerReading {
  if (typeof value === 'string') return readServerDeclaration({ url: value });
  if (!isObject(value)) return { ok: false, problems: ['must be an object with "url" or "command"'] };
  const reader = new FieldReader(value);
  const transport = reader.choice('transport', TRANSPORT_NAMES);
  const declaration: McpServerDeclaration = {
    ...reader.text('url'),
    ...reader.text('command'),
    ...reader.texts('args', 'args'),
    ...reader.record('env'),
    ...reader.text('cwd'),
    ...reader.record('headers'),
    ...reader.text('token'),
    ...reader.text('prefix'),
    ...reader.texts('selected_tools', 'selectedTools'),
    ...reader.duration('timeout', 'timeoutMs'),
    ...reader.duration('connect_timeout', 'connectTimeoutMs'),
    ...(transport === undefined || transport === 'stdio' ? {} : { transport }),
    ...optional('share', reader.choice('share', SHARING)),
    ...reader.flag('trust_annotations', 'trustAnnotations'),
  };
  const problems = [...reader.problems, ...contradictions(declaration, transport)];
  return problems.length > 0 ? { ok: false, problems } : { ok: true, declaration, ignored: reader.unread() };
}

const SHARING = Object.fromEntries(SESSION_SHARING.map((name) => [name, name])) as Record<string, SessionSharing>;

function contradictions({ url, command, token, headers }: McpServerDeclaration, transport?: ServerTransport): string[] {
  if ((url === undefined) === (command === undefined)) return ['needs exactly one of "url" and "command"'];
  if (transport === 'stdio' && command === undefined) return ['"transport: stdio" needs "command"'];
  if (command !== undefined && transport !== undefined && transport !== 'stdio') {
    return ['a "command" is spoken to over stdio, not over HTTP'];
  }
  if (command !== undefined && (token !== undefined || headers !== undefined)) {
    return ['"token" and "headers" are for servers with a "url"; give a command its secrets in "env"'];
  }
  return [];
}

/** Takes fields out of an object one by one, and collects what is wrong with them. */
class FieldReader {
  readonly problems: string[] = [];
  readonly #fields: Map<string, JsonValue>;

  constructor(object: JsonObject) {
    const entries = Object.entries(object).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined);
    this.#fields = new Map(entries.map(([key, value]) => [NAMES[key] ?? key, value]));
  }

  unread(): readonly string[] {
    return [...this.#fields.keys()];
  }

  text<Key extends string>(key: Key): { readonly [K in Key]?: string } {
    const value = this.#take(key);
    if (value === undefined) return {};
    if (typeof value === 'string' && value !== '') return { [key]: value } as { readonly [K in Key]?: string };
    return this.#wrong(`"${key}" must be a text`);
  }

  texts<Key extends string>(key: string, as: Key): { readonly [K in Key]?: readonly string[] } {
    const value = this.#take(key);
    if (value === undefined) return {};
    const list = typeof value === 'string' ? [value] : value;
    const isList = Array.isArray(list) && list.every((item) => typeof item === 'string');
    return isList ? ({ [as]: list } as never) : this.#wrong(`"${key}" must be a list of texts`);
  }

  record<Key extends string>(key: Key): { readonly [K in Key]?: Readonly<Record<string, string>> } {
    const value = this.#take(key);
    if (value === undefined) return {};
    if (!isObject(value)) return this.#wrong(`"${key}" must be an object of texts`);
    const entries = Object.entries(value).map(([name, text]) => [name, plainText(text)] as const);
    const isComplete = entries.every(([, text]) => text !== undefined);
    return isComplete ? ({ [key]: Object.fromEntries(entries) } as never) : this.#wrong(`"${key}" must hold texts`);
  }

  /** `timeout: 30` in seconds, or `timeout_ms: 30000`. */
  duration<Key extends string>(key: string, as: Key): { readonly [K in Key]?: number } {
    const seconds = this.#take(key);
    const ms = this.#take(`${key}_ms`) ?? (typeof seconds === 'number' ? seconds * 1_000 : seconds);
    if (ms === undefined) return {};
    const isFine = typeof ms === 'number' && ms > 0 && ms <= 86_400_000;
    return isFine ? ({ [as]: ms } as never) : this.#wrong(`"${key}" must be a number of seconds up to a day`);
  }

  flag<Key extends string>(key: string, as: Key): { readonly [K in Key]?: boolean } {
    const value = this.#take(key);
    if (value === undefined) return {};
    return typeof value === 'boolean' ? ({ [as]: value } as never) : this.#wrong(`"${key}" must be true or false`);
  }

  choice<Value extends string>(key: string, values: Readonly<Record<string, Value>>): Value | undefined {
    const value = this.#take(key);
    if (value === undefined) return undefined;
    const known = typeof value === 'string' && Object.hasOwn(values, value) ? values[value] : undefined;
    if (known === undefined) this.#wrong(`"${key}" must be one of ${Object.keys(values).join(', ')}`);
    return known;
  }

  #take(key: string): JsonValue | undefined {
    const value = this.#fields.get(key);
    this.#fields.delete(key);
    return value === null ? undefined : value;
  }

  #wrong(problem: string): Record<never, never> {
    this.problems.push(problem);
    return {};
  }
}

function plainText(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined): { readonly [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [K in Key]?: Value });
}
