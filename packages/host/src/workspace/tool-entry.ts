import type { CompiledSchema, Redactor } from '@capstan/schema';
import type { BreakerPolicy, JsonObject, RetryPolicy, ToolContext, ToolDefinition } from '@capstan/sdk';
import type { WorkflowDefinition } from '@capstan/workflow';
import type { ToolState } from '../host.ts';

/** How calls of a tool are made, after tool, pack and host defaults: nothing downstream fills in a default. */
export interface EffectivePolicy {
  readonly timeoutMs: number;
  readonly deadlineMs: number;
  readonly retry: RetryPolicy;
  readonly breaker: BreakerPolicy;
  readonly rateLimit: EffectiveRateLimit;
  readonly fallback?: string;
}

/** A rate limit; `limit` is `Infinity` where nobody set one. */
export interface EffectiveRateLimit {
  readonly limit: number;
  readonly windowMs: number;
  readonly per: 'principal' | 'workspace' | 'connection';
}

/** How results of a tool are kept. */
export interface CachePolicy {
  readonly ttlMs: number;
  /** How long a result may stand in after that, while a new one is fetched. */
  readonly staleMs: number;
  readonly tags: readonly string[];
  /** How the tool works, where that can be compared: results of another implementation are none of its. */
  readonly implementation: unknown;
}

/** What a runner gives back: the handler bound to one connection. */
export interface BoundTool {
  readonly connectionId: string | undefined;
  /** Calls the tool. A JSON value, a ToolResult, or a promise of one. */
  run(input: object, context: ToolContext): unknown;
}

/** Does the work of one tool in one workspace. */
export interface ToolRunner {
  /** Chooses the connection and gets the handler; a promise only the first time. @throws CapstanError when it cannot be called */
  bind(connection: string | undefined): BoundTool | Promise<BoundTool>;
  /** The connection that a call would use; undefined where the tool has none. @throws CapstanError as `bind` does */
  connectionId?(connection: string | undefined): string | undefined;
  /** A digest of the config of the connection that a call would use; absent where there is none to compare. @throws CapstanError as `bind` does */
  configDigest?(connection: string | undefined): string;
  state(): ToolState;
  /** Of a workflow: whether its runs survive the end of the process. */
  readonly isDurable?: boolean;
  /** Of a workflow. */
  readonly workflow?: WorkflowDefinition;
  /** The hosts' view of its connections: ids that a caller may name. */
  connectionIds(): readonly string[];
}

/** How a tool differs from what was accepted of it. */
export interface ToolDrift {
  readonly kind: 'changed' | 'new';
  /** It can be neither called nor seen by agents until an operator accepts it. */
  readonly isBlocked: boolean;
  /** The accepted contract; a new tool has none. */
  readonly before: JsonObject | undefined;
  readonly after: JsonObject;
}

/** A tool of one workspace, ready to be called. */
export interface ToolEntry {
  readonly definition: ToolDefinition;
  readonly exposedName: string;
  /** Pack code, or `application` for a tool of the host's own application. */
  readonly owner: string;
  readonly policy: EffectivePolicy;
  /** Compiled at first use. */
  input(): CompiledSchema;
  output(): CompiledSchema | undefined;
  redact: Redactor;
  readonly runner: ToolRunner;
  /** Set where the tool declares a breaker and calls no endpoint that would have one. */
  readonly ownBreaker?: BreakerPolicy;
  /** Another tool's name, or `stale`. */
  readonly fallback?: string;
  /** Set where results are kept. */
  readonly cache?: CachePolicy;
  /** The remote server that listed it: it can add and change tools without anybody having enabled them. */
  readonly server?: string;
  /** Set where its definition is not the one that was accepted. */
  readonly drift?: ToolDrift;
  /** Context keys that the tool declared. */
  readonly contextKeys: readonly string[];
}
