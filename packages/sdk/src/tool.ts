import type { RemoteToolAdapter } from './adapter.ts';
import type { ToolCache } from './cacheable.ts';
import type { Clock } from './clock.ts';
import type { ResolvedConfig, ToolConnection } from './connection.ts';
import type { JsonObject, JsonSchema, JsonValue } from './json.ts';
import type { ToolResult } from './tool-result.ts';
import type { BackendKind, DangerLevel } from './vocabulary.ts';

/** Who calls: a user or an API key. */
export interface Principal {
  readonly id: string;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
}

/** Where a request came from, as far as its surface knows. */
export interface CallOrigin {
  /** The network address of the caller. */
  readonly address?: string;
  /** The id of the key, by which support finds it; never the key. */
  readonly key?: string;
}

/** A step of progress. `total` and `message` are optional, as in MCP's `notifications/progress`. */
export interface ToolProgress {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

/** Writes to the host's log, under the pack, the tool and the execution id. Secrets are redacted. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** What a tool asks the caller's user, in MCP's form (elicitation, form mode). */
export interface ElicitRequest {
  readonly message: string;
  readonly requestedSchema: JsonObject;
}

/** The user's answer. */
export interface ElicitAnswer {
  readonly action: 'accept' | 'decline' | 'cancel';
  readonly content?: JsonObject;
}

/** One call, as the handler sees it. */
export interface ToolContext {
  /** `exe_` and a UUIDv7; unique per invocation. */
  readonly executionId: string;
  readonly principal: Principal;
  readonly tenantId: string;
  readonly workspaceId: string;
  /** Aborted when the caller cancels or the deadline passes. */
  readonly signal: AbortSignal;
  /** When the call must be over, in ms since the epoch. */
  readonly deadline: number;
  /** The same over all retries of one invocation; chosen by the caller or equal to the execution id. */
  readonly idempotencyKey: string;
  readonly logger: Logger;
  /** Context keys that the caller sent and the tool declared; nothing else. */
  readonly extra: Readonly<Record<string, JsonValue | undefined>>;
  progress(step: ToolProgress): void;
  /** Whether anybody watches the progress; absent counts as no. */
  readonly wantsProgress?: boolean;
  /** Asks the caller's user. Rejects with `CAPSTAN_TOOL_FAILED` where the surface cannot ask. */
  elicit(request: ElicitRequest): Promise<ElicitAnswer>;
}

/** Does one call. It returns a JSON value or a {@link ToolResult}, or throws. */
export type ToolHandler<Input extends object = JsonObject> = (
  input: Input,
  context: ToolContext,
) => Promise<JsonValue | ToolResult | undefined> | JsonValue | ToolResult | undefined;

/** An answer to a request made with {@link PackHttp}. */
export interface PackHttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Parses the body. Throws `CAPSTAN_REMOTE_INVALID_RESPONSE` where it is not JSON. */
  json(): JsonValue;
}

/** One event of a `text/event-stream` (WHATWG HTML, 9.2). */
export interface PackHttpEvent {
  /** `message` where the event has no name. */
  readonly name: string;
  readonly data: string;
}

/**
 * HTTP for pack code: guarded by the pack's egress list, with the connection's credentials attached by the host where the
 * request goes to the connection's own origin. Retries, breaker and timeout are those of the tool. `service://{name}/{path}`
 * goes to an instance of that service, as the registry of the pack's settings names it (`registry`, `registry_url`).
 */
export interface PackHttp {
  request(
    url: string,
    options?: {
      readonly method?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly context?: ToolContext;
      /** Hears the events of a successful `text/event-stream` as they come; the text of the response is then empty. */
      readonly onEvent?: (event: PackHttpEvent) => void;
    },
  ): Promise<PackHttpResponse>;
}

/** Calls another tool of the workspace, under the same principal and the same rules. */
export interface ToolCaller {
  call(name: string, input: JsonObject, context: ToolContext): Promise<JsonValue>;
}

/** What a tool factory may ask for, by name. */
export interface ToolServices {
  readonly remoteToolAdapter: RemoteToolAdapter;
  readonly http: PackHttp;
  readonly connection: ToolConnection;
  readonly config: ResolvedConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly tools: ToolCaller;
  readonly cache: ToolCache;
}

/** Builds a tool's handler from the services it names; run once per pack and connection, at the first call. */
export type ToolFactory<Input extends object = JsonObject> = (services: ToolServices) => ToolHandler<Input>;

/** What a tool says of itself where no manifest does: a single file of tools that `capstan serve` serves. */
export interface ToolDescription {
  /** For an agent: what it does, when to use it, what it does not do. */
  readonly description: string;
  /** Default: the name of the export, in snake_case. */
  readonly name?: string;
  /** Default: any object. */
  readonly inputSchema?: JsonSchema;
  readonly outputSchema?: JsonSchema;
  readonly dangerLevel?: DangerLevel;
  readonly annotations?: ToolAnnotations;
}

/** Not a symbol of this copy: a file may import another one. */
const DESCRIPTION: unique symbol = Symbol.for('capstan.tool');

/**
 * Gives a tool factory its types. The export that a manifest's `backend:` names; a description counts only where there is
 * no manifest.
 */
export function defineTool<Input extends object = JsonObject>(factory: ToolFactory<Input>): ToolFactory<Input>;
export function defineTool<Input extends object = JsonObject>(
  about: ToolDescription,
  factory: ToolFactory<Input>,
): ToolFactory<Input>;
export function defineTool<Input extends object = JsonObject>(
  first: ToolDescription | ToolFactory<Input>,
  second?: ToolFactory<Input>,
): ToolFactory<Input> {
  const factory = typeof first === 'function' ? first : second;
  if (factory === undefined) throw new TypeError('defineTool needs a factory');
  const about = typeof first === 'function' ? undefined : first;
  return Object.defineProperty(factory, DESCRIPTION, { value: about ?? { description: '' } });
}

/** What {@link defineTool} was told of a tool; `undefined` for what it did not make. */
export function toolDescriptionOf(value: unknown): ToolDescription | undefined {
  return typeof value === 'function' && DESCRIPTION in value ? (value[DESCRIPTION] as ToolDescription) : undefined;
}

/** MCP's hints about a tool. Hints decide nothing by themselves. */
export interface ToolAnnotations {
  readonly readOnly?: boolean;
  readonly destructive?: boolean;
  readonly idempotent?: boolean;
  readonly openWorld?: boolean;
}

/** What everybody may know of a tool without running its code. */
export interface ToolDefinition {
  /** `{pack code}.{tool name}`. */
  readonly id: string;
  readonly name: string;
  readonly pack: string;
  readonly displayName?: string;
  readonly description: string;
  readonly category?: string;
  readonly tags: readonly string[];
  readonly aliases: readonly string[];
  readonly backendKind: BackendKind;
  readonly inputSchema: JsonSchema;
  readonly outputSchema?: JsonSchema;
  readonly dangerLevel?: DangerLevel;
  readonly annotations: ToolAnnotations;
  readonly permissions: readonly string[];
  readonly examples: readonly JsonValue[];
  /** How an MCP server listed the tool; a surface that speaks MCP lists it so, under its exposed name. */
  readonly verbatim?: JsonObject;
}
