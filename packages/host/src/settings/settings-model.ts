import type { ConfigLayerValues, ConfigSource } from '@capstan/config';
import type { JwtIssuer, Role, Scope } from '@capstan/identity';
import type { Diagnostic, DocumentPath, SourcePosition } from '@capstan/schema';
import type {
  AuthType,
  BreakerPolicy,
  ConnectionType,
  JsonObject,
  JsonValue,
  RetryPolicy,
  ServiceCluster,
  ServiceDiscovery,
} from '@capstan/sdk';

/** The log levels, most talkative first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** How often something may happen. */
export interface RateLimitSettings {
  readonly limit: number;
  readonly windowMs: number;
}

/** What calls with something in common may do; what is absent has no limit. */
export interface LimitSettings {
  readonly rateLimit?: RateLimitSettings;
  /** Calls under way at once. */
  readonly maxInFlight?: number;
  /** Calls in one day, which ends at midnight UTC. */
  readonly dailyQuota?: number;
}

/** What happens to a call while the limits that replicas share cannot be asked. */
export type FailureMode = 'open' | 'closed';

/** Where a pack comes from. */
export type PackOrigin =
  /** Nothing said: the pack that discovery finds under this code or package name. */
  | { readonly kind: 'discovered' }
  /** A folder; relative ones are joined to the folder of the settings file. */
  | { readonly kind: 'folder'; readonly path: string }
  /** An npm package among the direct dependencies. */
  | { readonly kind: 'package'; readonly name: string };

/** What the operator says about one pack. */
export interface PackSettings {
  /** The key in the file: a pack code or an npm package name. */
  readonly key: string;
  readonly from: PackOrigin;
  /** `in_process`: code of this pack may run here. `none`: only its declarative tools may. */
  readonly trust: 'in_process' | 'none';
  /** Variable names that this pack's manifest may read. */
  readonly environment: readonly string[];
  /** Hosts that its calls may reach beside those of its manifest. */
  readonly egress: readonly string[];
  /** The system layer, references not yet resolved: goes into `resolveConfig` as it is. Empty where the file has none. */
  readonly config: ConfigLayerValues;
  /** How its calls are made, where its tools say nothing. */
  readonly policy: PackPolicy;
  readonly position: SourcePosition;
}

/** How the calls of a pack are made; what is absent comes from the host's defaults. */
export interface PackPolicy {
  readonly timeoutMs?: number;
  readonly deadlineMs?: number;
  readonly retry?: Partial<RetryPolicy>;
  readonly breaker?: Partial<BreakerPolicy>;
}

/** Several endpoints of one service; texts may hold references. */
export interface ConnectionClusterSettings {
  readonly urls: readonly { readonly url: string; readonly weight: number }[];
  readonly registry?: ServiceDiscovery['kind'];
  readonly registryUrl?: string;
  readonly serviceName?: string;
  readonly strategy?: ServiceCluster['strategy'];
  readonly healthIntervalMs?: number;
}

/** A connection as somebody declared it; strings may hold references, and nothing is resolved yet. */
export interface ConnectionSettings {
  readonly id: string;
  /** A pack code or npm package name. */
  readonly pack: string;
  readonly toolType: string;
  readonly connectionType: ConnectionType;
  /** The id where the file gives no name. */
  readonly name: string;
  readonly remoteClusterUrl?: string;
  readonly cluster: ConnectionClusterSettings;
  readonly remoteConnectionId?: string;
  readonly config: Readonly<Record<string, JsonValue | undefined>>;
  readonly auth: ConnectionAuthSettings;
  /** What its texts may refer to: everything in the operator's file, what `references.allow` lists where it came over the API. */
  readonly references: ConfigLayerValues['references'];
  /** Secrets that were kept apart: taken as they are, whatever they look like. */
  readonly sealed: SealedConnection;
  /** Where it stands; of one that came over the API its id, at 1:1. */
  /** Over all calls through the connection. */
  readonly limits?: Omit<LimitSettings, 'dailyQuota'>;
  readonly position: SourcePosition;
  /** The place of a path inside the connection, in the file's own words: `['config', 'region']`, `['auth', 'token']`. */
  sourceOf(path: readonly string[]): ConfigSource;
}

/** The secrets of a connection that came over the API. */
export interface SealedConnection {
  readonly config: Readonly<Record<string, JsonValue | undefined>>;
  /** By field of `auth`. */
  readonly auth: Readonly<Record<string, string>>;
}

/** How a declared connection proves who it is. Texts may be references; the keys are the file's own. */
export interface ConnectionAuthSettings {
  readonly type: AuthType;
  /** Of a bearer. It is a config key as well. */
  readonly token?: string;
  /** Everything beside `type`. */
  readonly fields: Readonly<Record<string, string | readonly string[]>>;
}

/** One workspace. */
export interface WorkspaceSettings {
  readonly id: string;
  /** Packs enabled here, by pack code or npm package name, in the file's order. */
  readonly packs: readonly string[];
  readonly connections: readonly ConnectionSettings[];
  /** Over all calls of the workspace. */
  readonly limits: LimitSettings;
  /** Cedar files (globs) that hold here alone. */
  readonly policies: readonly string[];
  /** Absent: as in the whole host. */
  readonly approvalLevel?: ApprovalLevel;
  /** Absent: as in the whole host. */
  readonly drift?: DriftMode;
  readonly position: SourcePosition;
}

/** From which danger level on calls wait for an operator. */
export const APPROVAL_LEVELS = ['low', 'medium', 'high', 'critical', 'never'] as const;
export type ApprovalLevel = (typeof APPROVAL_LEVELS)[number];

/** What becomes of a tool whose definition is not the one that was accepted. */
export const DRIFT_MODES = ['block', 'warn', 'accept'] as const;
export type DriftMode = (typeof DRIFT_MODES)[number];

/** An API key beside the bootstrap keys. `value` may be a reference; a literal one is a secret: never print it. */
export interface KeySettings {
  readonly name: string;
  readonly role: Role;
  /** Viewers and agents have one; an operator without one manages all; an admin has none. */
  readonly workspace?: string;
  /** Narrower than the role; empty means all of it. */
  readonly scopes: readonly Scope[];
  /** In ms since the epoch; absent means never. */
  readonly expiresAt?: number;
  readonly value: string;
  readonly position: SourcePosition;
}

/** Where traces and metrics are sent. */
export interface TelemetrySettings {
  readonly serviceName: string;
  readonly otlp: {
    /** Without a trailing slash; absent means that nothing is sent. */
    readonly endpoint?: string;
    /** Values may be references; a literal one is a secret: never print it. */
    readonly headers: Readonly<Record<string, string>>;
    readonly metricsIntervalMs: number;
  };
  /** Of new traces, from 0 to 1. */
  readonly sampleRatio: number;
}

/** Host-wide defaults for calls; a pack or a tool may say otherwise. */
export interface CallDefaults {
  readonly timeoutMs: number;
  readonly deadlineMs: number;
  readonly retry: RetryPolicy;
  readonly breaker: BreakerPolicy;
  /** Per principal and tool, for tools that declare none; absent means no limit. */
  readonly rateLimit?: RateLimitSettings;
  /** Calls of one tool in one workspace under way at once; absent means no limit. */
  readonly maxInFlight?: number;
  /** Calls of one principal in one workspace in one day (UTC); absent means no limit. */
  readonly dailyQuota?: number;
}

/**
 * The operator's file (`capstan.yaml`), checked, with every default filled in.
 * It may hold literal secrets under `packs.*.config`, connections and keys: never print it whole.
 */
export interface HostSettings {
  /** Folders (globs) that may hold packs; relative ones are joined to the folder of the settings file. */
  readonly discover: readonly string[];
  /** By key of the file: pack code or npm package name. */
  readonly packs: ReadonlyMap<string, PackSettings>;
  /** By workspace id, in the file's order. Without a `workspaces` key: one, `default`, with nothing enabled. */
  readonly workspaces: ReadonlyMap<string, WorkspaceSettings>;
  readonly keys: readonly KeySettings[];
  /** Cedar files (globs) that hold everywhere; relative ones are joined to the folder of the settings file. */
  readonly policies: readonly string[];
  readonly approvals: {
    readonly level: ApprovalLevel;
    readonly expiresMs: number;
    /** Told of every approval that is asked for. `secret` may be a reference; a literal one is a secret: never print it. */
    readonly webhook?: { readonly url: string; readonly secret: string; readonly position: SourcePosition };
  };
  readonly drift: DriftMode;
  readonly auth: {
    /** Whose access tokens are taken. */
    readonly issuers: readonly JwtIssuer[];
    /** CIDR ranges whose requests are refused. */
    readonly blocked: readonly string[];
  };
  readonly egress: {
    /** CIDR ranges that may be reached although they are not globally routable. */
    readonly allowPrivate: readonly string[];
    /** PEM files; relative ones are joined to the folder of the settings file. */
    readonly certificates: readonly string[];
  };
  /** What connections written over the API may refer to. */
  readonly references: { readonly variables: readonly string[]; readonly files: readonly string[] };
  readonly defaults: CallDefaults;
  readonly limits: {
    readonly onRedisFailure: { readonly reads: FailureMode; readonly writes: FailureMode };
    readonly redisTimeoutMs: number;
  };
  readonly cache: {
    readonly maxEntries: number;
    readonly maxBytes: number;
    /** Of tools that do not say. */
    readonly ttlMs: number;
  };
  readonly audit: {
    /** Days after which records are removed from the database; absent means never. */
    readonly retentionDays?: number;
  };
  readonly results: {
    /** Larger results are kept back and come as a reference. */
    readonly maxInlineBytes: number;
  };
  readonly server: {
    readonly host: string;
    readonly port: number;
    /** Without a trailing slash; absent means its own address. */
    readonly publicUrl?: string;
    readonly allowedHosts: readonly string[];
    readonly allowedOrigins: readonly string[];
    /** CIDR ranges of proxies whose `X-Forwarded-For` is believed. */
    readonly trustedProxies: readonly string[];
    /** More tools than this, and an MCP endpoint lists the four compact ones. */
    readonly compactThreshold: number;
  };
  readonly log: { readonly level: LogLevel };
  readonly telemetry: TelemetrySettings;
  /** The file as it was read, in its own words. Never show it: it may hold secrets. */
  readonly document: JsonObject;
  /** Where a path of the file stands (its own snake_case words), for findings that only the host can make. */
  locate(path: DocumentPath): SourcePosition;
}

/** What {@link loadSettings} takes. */
export interface SettingsSource {
  /** How the file is named in diagnostics, and what its relative paths are joined to. */
  readonly path: string;
  readonly text: string;
}

/** The outcome of loading. `settings` is absent when there is any error. */
export interface SettingsLoading {
  readonly settings?: HostSettings;
  readonly diagnostics: readonly Diagnostic[];
}
