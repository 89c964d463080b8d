import { maskSecrets } from '@capstan/schema';
import {
  CapstanError,
  type Clock,
  type InvocationOutcome,
  type JsonObject,
  type JsonValue,
  type Logger,
} from '@capstan/sdk';
import type { AuditRecord, AuditSink, CallRecord, RecordedDecision } from '../audit/audit-record.ts';
import { isoTime } from '../audit/iso-time.ts';
import type { ToolEntry } from '../workspace/tool-entry.ts';
import type { Interceptor, Invocation } from './invocation.ts';
import { failed } from './outcome.ts';

/** The sink's own count, for metrics. */
export interface AuditCounts {
  records: number;
}

/**
 * One record an invocation, whatever happens, and no answer before its record is written. Here, and only here, a defect
 * becomes an outcome.
 */
export function auditStage(options: {
  readonly sink: AuditSink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counts: AuditCounts;
}): Interceptor {
  const { sink, clock, logger, counts } = options;
  function defect(invocation: Invocation, cause: unknown): InvocationOutcome {
    logger.error('defect in the pipeline', { executionId: invocation.executionId, cause });
    const error = new CapstanError('CAPSTAN_INTERNAL', 'the host failed on this call', { cause });
    return { status: 'failed', executionId: invocation.executionId, error };
  }
  return {
    stage: 'audit',
    async intercept(invocation, next) {
      if (sink.accepts?.() === false) return failed(invocation, unrecordable());
      let outcome: InvocationOutcome;
      try {
        outcome = await next(invocation);
      } catch (cause) {
        outcome = defect(invocation, cause);
      }
      counts.records += 1;
      const written = sink.append(auditRecord(invocation, outcome, clock.now()));
      if (written !== undefined) await written;
      return outcome;
    },
  };
}

function unrecordable(): CapstanError {
  return new CapstanError('CAPSTAN_AUDIT_UNAVAILABLE', 'the audit log takes no records, so no call is made');
}

function auditRecord(invocation: Invocation, outcome: InvocationOutcome, now: number): AuditRecord {
  const { tool, request, principal } = invocation;
  const record: CallRecord = {
    kind: 'call',
    execution_id: invocation.executionId,
    at: isoTime(invocation.startedAt),
    surface: invocation.surface,
    workspace: invocation.workspaceId,
    principal: principal.id,
    roles: principal.roles,
    address: request.origin?.address,
    key: request.origin?.key,
    tool: tool ? tool.definition.id : maskSecrets(request.tool.slice(0, 128)),
    connection: invocation.connectionId,
    decision: invocation.decision && recordedDecision(invocation.decision),
    arguments: tool && redacted(tool, invocation.arguments),
    status: outcome.status,
    code: 'error' in outcome ? outcome.error.code : undefined,
    duration_ms: now - invocation.startedAt,
    cache: invocation.cacheUse,
    attempts: invocation.attempts === 0 ? undefined : invocation.attempts,
    trace_id: traceIdOf(invocation.traceparent),
  };
  return outcome.status === 'succeeded' && outcome.fallback !== undefined
    ? { ...record, fallback: fallbackOf(outcome.fallback) }
    : record;
}

const NO_POLICIES: readonly string[] = Object.freeze([]);

function recordedDecision({ allow, policies }: NonNullable<Invocation['decision']>): RecordedDecision {
  return { allow, policies: policies ?? NO_POLICIES };
}

/** What answered instead; messages of failures stay out of the record. */
function fallbackOf(
  fallback: NonNullable<Extract<InvocationOutcome, { readonly status: 'succeeded' }>['fallback']>,
): JsonObject {
  const { code } = fallback.insteadOf;
  return fallback.kind === 'stale'
    ? { kind: 'stale', age_ms: fallback.ageMs, code }
    : { kind: 'tool', tool: fallback.tool, execution_id: fallback.executionId, code };
}

/** A record is made whatever the arguments are. */
function redacted(tool: ToolEntry, value: JsonObject): JsonValue | undefined {
  try {
    return tool.redact(value);
  } catch {
    return { omitted: 'could not be redacted' };
  }
}

const TRACE_ID = /^[0-9a-f]{2}-([0-9a-f]{32})-/;

function traceIdOf(traceparent: string | undefined): string | undefined {
  return traceparent === undefined ? undefined : TRACE_ID.exec(traceparent)?.[1];
}
