import { maskSecrets } from '@capstan/schema';
import {
  CapstanError,
  type Clock,
  type InvocationOutcome,
  type JsonObject,
  type JsonValue,
  type Logger,
} from '@capstan/sdk';
import type { AuditRecord, AuditSink } from '../host-options.ts';
import type { ToolEntry } from '../workspace/tool-entry.ts';
import type { Interceptor, Invocation } from './invocation.ts';

/** The sink's own count, for metrics. */
export interface AuditCounts {
  records: number;
}

/** One record an invocation, whatever happens. Here, and only here, a defect becomes an outcome. */
export function auditStage(options: {
  readonly sink: AuditSink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counts: AuditCounts;
}): Interceptor {
  const { sink, clock, logger, counts } = options;
  function record(invocation: Invocation, outcome: InvocationOutcome): InvocationOutcome {
    counts.records += 1;
    sink.append(auditRecord(invocation, outcome, clock.now()));
    return outcome;
  }
  function defect(invocation: Invocation, cause: unknown): InvocationOutcome {
    logger.error('defect in the pipeline', { executionId: invocation.executionId, cause });
    const error = new CapstanError('CAPSTAN_INTERNAL', 'the host failed on this call', { cause });
    return { status: 'failed', executionId: invocation.executionId, error };
  }
  return {
    stage: 'audit',
    async intercept(invocation, next) {
      try {
        return record(invocation, await next(invocation));
      } catch (cause) {
        return record(invocation, defect(invocation, cause));
      }
    },
  };
}

function auditRecord(invocation: Invocation, outcome: InvocationOutcome, now: number): AuditRecord {
  const { tool, request } = invocation;
  return {
    execution_id: invocation.executionId,
    at: isoTime(invocation.startedAt),
    surface: invocation.surface,
    workspace: invocation.workspaceId,
    principal: invocation.principal.id,
    tool: tool ? tool.definition.id : maskSecrets(request.tool.slice(0, 128)),
    connection: invocation.connectionId,
    arguments: tool && redacted(tool, invocation.arguments),
    status: outcome.status,
    code: 'error' in outcome ? outcome.error.code : undefined,
    duration_ms: now - invocation.startedAt,
    ...fallbackOf(outcome),
  };
}

/** What answered instead; messages of failures stay out of the record. */
function fallbackOf(outcome: InvocationOutcome): Pick<AuditRecord, 'fallback'> {
  if (outcome.status !== 'succeeded' || outcome.fallback === undefined) return {};
  const { fallback } = outcome;
  const { code } = fallback.insteadOf;
  return fallback.kind === 'stale'
    ? { fallback: { kind: 'stale', age_ms: fallback.ageMs, code } }
    : { fallback: { kind: 'tool', tool: fallback.tool, execution_id: fallback.executionId, code } };
}

/** A record is made whatever the arguments are. */
function redacted(tool: ToolEntry, value: JsonObject): JsonValue | undefined {
  try {
    return tool.redact(value);
  } catch {
    return { omitted: 'could not be redacted' };
  }
}

let lastMs = 0;
let lastIso = '';

/** Many calls begin in the same millisecond. */
function isoTime(ms: number): string {
  if (ms !== lastMs) [lastMs, lastIso] = [ms, new Date(ms).toISOString()];
  return lastIso;
}
