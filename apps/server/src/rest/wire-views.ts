import type { ConnectionTestReport, ConnectionView, PackState, PackView, ToolState, ToolView } from '@capstan/host';
import type { Diagnostic } from '@capstan/schema';
import { toWireError } from '@capstan/sdk';
import type { Viewer } from '../auth/access.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A tool in a list. */
export function toolSummary({ definition, exposedName, state }: ToolView): Fields {
  const { id, pack, displayName, description, category, tags, dangerLevel, annotations } = definition;
  return {
    name: exposedName,
    id,
    pack,
    ...given({ title: displayName }),
    description,
    ...given({ category }),
    tags,
    ...given({ danger_level: dangerLevel }),
    annotations: given({
      read_only: annotations.readOnly,
      destructive: annotations.destructive,
      idempotent: annotations.idempotent,
      open_world: annotations.openWorld,
    }),
    state: stateJson(state),
  };
}

/** The schemas of a tool, which a list leaves out unless it is asked for them. */
export function toolSchemas({ definition }: ToolView): Fields {
  return { input_schema: definition.inputSchema, ...given({ output_schema: definition.outputSchema }) };
}

/** Everything about a tool. */
export function toolDetail(view: ToolView, connections: readonly ConnectionView[], viewer: Viewer): Fields {
  const { definition, policy } = view;
  return {
    ...toolSummary(view),
    backend: definition.backendKind,
    ...(view.isDurable === undefined ? {} : { durable: view.isDurable }),
    aliases: definition.aliases,
    permissions: definition.permissions,
    examples: definition.examples,
    ...toolSchemas(view),
    policy: policyJson(policy),
    connections: connections
      .filter(({ id }) => view.connectionIds.includes(id))
      .map((one) => connectionJson(one, viewer)),
  };
}

export function packJson(view: PackView, viewer: Viewer): Fields {
  const diagnostics = view.state.kind === 'rejected' ? view.state.diagnostics : view.diagnostics;
  return {
    code: view.code,
    display_name: view.displayName,
    version: view.version,
    description: view.description,
    type: view.type,
    origin: view.origin,
    enabled: view.enabled,
    state: stateJson(view.state),
    tool_count: view.toolCount,
    environment: viewer === 'operator' ? view.environment : [],
    reaches: viewer === 'operator' ? view.reaches : [],
    diagnostics: viewer === 'operator' ? diagnostics.map(diagnosticJson) : [],
  };
}

export function connectionJson(view: ConnectionView, viewer: Viewer): Fields {
  const remote = {
    remote_cluster_url: originOf(view.remoteClusterUrl),
    remote_connection_id: view.remoteConnectionId,
  };
  return {
    id: view.id,
    pack: view.pack,
    tool_type: view.toolType,
    connection_type: view.connectionType,
    name: view.name,
    ...(viewer === 'operator' ? given(remote) : {}),
    auth_type: view.authType,
    status: view.status,
    ...conditionJson(view),
    derived: view.derived,
  };
}

function conditionJson({ since, lastValidatedAt, validationError }: ConnectionView): Fields {
  return given({
    since: since === undefined ? undefined : isoTime(since),
    last_validated_at: lastValidatedAt === undefined ? undefined : isoTime(lastValidatedAt),
    validation_error: validationError,
  });
}

export function connectionTestJson(report: ConnectionTestReport): Fields {
  const { connection, workspace, pack, url, ok, status, testedAt, steps } = report;
  return { connection, workspace, pack, ...given({ url }), ok, status, tested_at: isoTime(testedAt), steps };
}

/** The rest of a URL may hold what came from a secret. */
export function originOf(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  const origin = URL.parse(url)?.origin;
  return origin === undefined || origin === 'null' ? undefined : origin;
}

/** The ends of what a Date can hold (ECMA-262, 21.4.1.1). */
const MAX_TIME_MS = 8.64e15;

/** ISO 8601; never throws, whatever a remote service said about when to come back. */
export function isoTime(ms: number): string {
  const clamped = Math.min(MAX_TIME_MS, Math.max(-MAX_TIME_MS, ms));
  return new Date(Number.isNaN(clamped) ? 0 : clamped).toISOString();
}

function policyJson({ timeoutMs, deadlineMs, retry, breaker, rateLimit, fallback }: ToolView['policy']): Fields {
  return {
    timeout_ms: timeoutMs,
    deadline_ms: deadlineMs,
    retry: { max_retries: retry.maxRetries, base_ms: retry.baseMs, max_ms: retry.maxMs },
    breaker: {
      failure_threshold: breaker.failureThreshold,
      recovery_timeout_s: breaker.recoveryTimeoutMs / 1000,
      success_threshold: breaker.successThreshold,
    },
    // JSON has no infinity: no limit is null.
    rate_limit: Number.isFinite(rateLimit.limit)
      ? { limit: rateLimit.limit, window_ms: rateLimit.windowMs, per: rateLimit.per }
      : null,
    fallback: fallback ?? null,
  };
}

export function stateJson(state: PackState | ToolState): Fields {
  switch (state.kind) {
    case 'rejected':
      return { kind: state.kind, error: toWireError(state.error) };
    case 'failed':
      return { kind: state.kind, error: toWireError(state.error) };
    case 'degraded':
      return { kind: state.kind, error: toWireError(state.reason), ...retryAt(state.retryAt) };
    case 'unsupported':
      return { kind: state.kind, reason: state.reason };
    default:
      return { ...state };
  }
}

function retryAt(ms: number | undefined): Fields {
  return ms === undefined ? {} : { retry_at: isoTime(ms) };
}

function diagnosticJson({ severity, code, message, position, hint, frame }: Diagnostic): Fields {
  return { severity, code, message, ...position, ...given({ hint, frame }) };
}

/** Without the members that nobody set. */
function given(fields: Readonly<Record<string, unknown>>): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
