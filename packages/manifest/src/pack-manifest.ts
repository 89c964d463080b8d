import type { Diagnostic, DocumentPath, SourcePosition } from '@capstan/schema';
import type {
  BreakerPolicy,
  DangerLevel,
  JsonObject,
  JsonSchema,
  JsonValue,
  PackType,
  RetryPolicy,
  ToolAnnotations,
} from '@capstan/sdk';

/** How a tool does its work, as its manifest says it. */
export type ToolBackend =
  | CodeBackend
  | RemoteBackend
  | { readonly kind: 'http'; readonly spec: JsonObject }
  | { readonly kind: 'mcp'; readonly server: string; readonly tool: string }
  | { readonly kind: 'workflow'; readonly spec: JsonObject }
  /** A tool out of a source of the manifest; whoever joined it knows how it works. */
  | { readonly kind: 'joined'; readonly source: 'tooluniverse' }
  /** A backend that cannot run here (Python): the tool loads, in state `unsupported`. */
  | { readonly kind: 'unsupported'; readonly declared: string; readonly reason: string };

/** Code of the pack's author. */
export interface CodeBackend {
  readonly kind: 'code';
  /** As written: `your_remote_tools.tools:line_send_message`. */
  readonly declared: string;
  /** The module part with a leading pack code dropped: `tools` or `./dist/tools.js`. Never leaves the pack. */
  readonly module: string;
  /** Names to try, in order: as written, then in camelCase. */
  readonly exportNames: readonly string[];
}

/** A declared call of the remote tool contract. */
export interface RemoteBackend {
  readonly kind: 'remote';
  readonly toolType: string;
  readonly action: string;
  /** Fixed parameters; strings may hold `${config.key}`. Arguments of the call go beside them and win. */
  readonly params: JsonObject;
  /** Context keys that travel beyond tenant, workspace and execution id. */
  readonly context: readonly string[];
  /** The body field that carries the connection's `remote_connection_id`. */
  readonly connectionParam?: string;
}

/** A limit on how often a tool may be called. */
export interface RateLimit {
  readonly limit: number;
  readonly windowMs: number;
  readonly per: 'principal' | 'workspace' | 'connection';
}

/** One tool of a manifest. */
export interface ManifestTool {
  readonly name: string;
  readonly displayName?: string;
  readonly description: string;
  readonly category?: string;
  readonly tags: readonly string[];
  readonly aliases: readonly string[];
  readonly provider?: string;
  readonly examples: readonly JsonValue[];
  /** `{ type: 'object' }` where the manifest gives none. */
  readonly inputSchema: JsonSchema;
  readonly outputSchema?: JsonSchema;
  readonly dangerLevel?: DangerLevel;
  /** What the manifest says, completed from `danger_level`; never `readOnly: true` by default. */
  readonly annotations: ToolAnnotations;
  readonly permissions: readonly string[];
  readonly timeoutMs?: number;
  readonly deadlineMs?: number;
  readonly rateLimit?: RateLimit;
  readonly retry?: RetryPolicy;
  readonly breaker?: BreakerPolicy;
  /** How long results are kept, and how long after that they may stand in; the host's word where the manifest has none. */
  readonly cache?: { readonly ttlS?: number; readonly staleS?: number; readonly tags: readonly string[] };
  /** A tool name, or `stale`. */
  readonly fallback?: string;
  readonly backend: ToolBackend;
  /** Keys of the tool that Capstan does not know, as written. */
  readonly unknown?: JsonObject;
  /** Where the tool stands in the manifest. */
  readonly position: SourcePosition;
}

/** A pack's manifest, normalised: no optional lists, one dialect, schemas read from their files. */
export interface PackManifest {
  readonly code: string;
  readonly displayName: string;
  readonly version: string;
  readonly type: PackType;
  readonly description: string;
  /** A semver range of Capstan, checked before loading. */
  readonly engines?: string;
  /** JSON Schema 2020-12 of the config, with `x-secret`, `x-env`, `x-scope` …; the list form is compiled to it. */
  readonly configSchema: ConfigObjectSchema;
  readonly uiSchema?: JsonObject;
  /** Hosts that its calls may reach; may hold `${config.key}`. Absent: the hosts of its connection's URL. */
  readonly egress?: readonly string[];
  readonly permissions: readonly string[];
  /** Secret settings that code of the pack gets as text. */
  readonly reveal: readonly string[];
  readonly tools: readonly ManifestTool[];
  /** `mcp_servers`, `openapi`, `tooluniverse`, `routes`: as written; the host joins their tools. */
  readonly sources: JsonObject;
  /** Keys that Capstan does not know, as written. */
  readonly unknown: JsonObject;
  /** True when anything had to be normalised from another dialect. */
  readonly normalised: boolean;
}

/** The schema of a pack's config: always an object. */
export interface ConfigObjectSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, ConfigPropertySchema>>;
  readonly required: readonly string[];
  readonly [keyword: string]: unknown;
}

/** One key of a pack's config. */
export interface ConfigPropertySchema {
  readonly type?: string | readonly string[];
  readonly default?: JsonValue;
  readonly description?: string;
  readonly 'x-secret'?: boolean;
  readonly 'x-env'?: string;
  readonly 'x-scope'?: 'system' | 'connection' | 'both';
  readonly [keyword: string]: unknown;
}

/** The outcome of loading one manifest. */
export interface ManifestLoading {
  /** Absent when there is an error, but for a tool or alias declared twice: then the first stays. */
  readonly manifest?: PackManifest;
  readonly diagnostics: readonly Diagnostic[];
  /** Where a path of the document stands. */
  locate(path: DocumentPath): SourcePosition;
}
