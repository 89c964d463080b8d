import type { PolicyDecision } from '@capstan/policy';
import type { InvocationOutcome, JsonObject, Principal } from '@capstan/sdk';
import type { CacheUse } from '../audit/audit-record.ts';
import type { InvokeRequest } from '../host.ts';
import type { Surface } from '../surface.ts';
import type { ToolEntry } from '../workspace/tool-entry.ts';

/** One call on its way through the pipeline. Stages fill in what they find out. */
export interface Invocation {
  readonly request: InvokeRequest;
  /** `exe_` and a UUIDv7. */
  readonly executionId: string;
  readonly principal: Principal;
  readonly workspaceId: string;
  readonly surface: Surface;
  readonly arguments: JsonObject;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** W3C `traceparent` of the caller; where the call is traced here, the `trace` stage sets its own. */
  traceparent: string | undefined;
  /** Set by the `resolve` stage. */
  tool: ToolEntry | undefined;
  /** Set by the `execute` stage: the connection that was used. */
  connectionId: string | undefined;
  /** Set by the `authorize` stage, for the audit. */
  decision: PolicyDecision | undefined;
  /** Set by the `cache` stage where the tool has a cache. */
  cacheUse: CacheUse | undefined;
  /** How many requests were sent for it, repetitions included; 0 where nobody counts. */
  attempts: number;
}

/** The rest of the pipeline. */
export type Next = (invocation: Invocation) => Promise<InvocationOutcome>;

/**
 * One stage of the pipeline.
 *
 * 1. It calls `next` at most once, or answers by itself.
 * 2. An expected failure is an outcome; a throw means a defect and becomes `CAPSTAN_INTERNAL` in one place.
 * 3. It holds no state of the call outside the invocation.
 */
export interface Interceptor {
  readonly stage: Stage;
  intercept(invocation: Invocation, next: Next): Promise<InvocationOutcome>;
}

/**
 * The stages of every call, outermost first. The cache comes after `authorize`, because a cached answer must not skip
 * the check; `validate_output` stands inside the cache, because what is cached was valid. `store_result` stands outside
 * of all that looks at results, and `fallback` outside the cache, because what a stand-in gave is not the tool's own.
 */
export const PIPELINE = [
  'trace',
  'audit',
  'resolve',
  'authorize',
  'rate_limit',
  'validate',
  'approve',
  'store_result',
  'fallback',
  'cache',
  'validate_output',
  'breaker',
  'execute',
] as const;

/** The name of a stage. */
export type Stage = (typeof PIPELINE)[number];
