import type {
  ConnectionTestReport,
  ConnectionView,
  McpServerView,
  PackState,
  PackView,
  ToolState,
  ToolView,
} from '@capstan/host';
import type { Diagnostic } from '@capstan/schema';
import { toWireError } from '@capstan/sdk';
import { isoTime, originOf } from '@capstan/server';
import type {
  ConnectionJson,
  ConnectionTestJson,
  DiagnosticJson,
  McpServerJson,
  PackJson,
  StateJson,
  ToolDetailJson,
  ToolHintsJson,
  ToolJson,
} from './views.ts';

/*
 * Views of a host in the form of the REST surface. The contract suite of the backends holds them equal to what a
 * server answers, member for member.
 */

export function toolJson({ definition, exposedName, state }: ToolView): ToolJson {
  const { id, pack, displayName, description, category, tags, dangerLevel } = definition;
  return {
    name: exposedName,
    id,
    pack,
    ...(displayName === undefined ? {} : { title: displayName }),
    description,
    ...(category === undefined ? {} : { category }),
    tags,
    ...(dangerLevel === undefined ? {} : { danger_level: dangerLevel }),
    annotations: hintsJson(definition.annotations),
    state: stateJson(state),
  };
}

export function toolDetailJson(view: ToolView, connections: readonly ConnectionView[]): ToolDetailJson {
  const { definition, policy } = view;
  const { backendKind: backend, aliases, permissions, examples, inputSchema, outputSchema } = definition;
  return {
    ...toolJson(view),
    backend,
    ...(view.isDurable === undefined ? {} : { durable: view.isDurable }),
    aliases,
    permissions,
    examples,
    input_schema: inputSchema,
    ...(outputSchema === undefined ? {} : { output_schema: outputSchema }),
    policy: policyJson(policy),
    connections: connections.filter((connection) => mayUse(view, connection)).map(connectionJson),
  };
}

export function mcpServerJson(view: McpServerView): McpServerJson {
  const { name, workspace, pack, origin, transport, state, toolCount, isKept } = view;
  return {
    name,
    workspace,
    ...(pack === undefined ? {} : { pack }),
    origin,
    transport,
    state: stateJson(state),
    tool_count: toolCount,
    kept: isKept,
  };
}

export function packJson(view: PackView): PackJson {
  const { state, diagnostics } = view;
  return {
    code: view.code,
    display_name: view.displayName,
    version: view.version,
    description: view.description,
    type: view.type,
    origin: view.origin,
    enabled: view.enabled,
    state: stateJson(state),
    tool_count: view.toolCount,
    environment: view.environment,
    reaches: view.reaches,
    diagnostics: (state.kind === 'rejected' ? state.diagnostics : diagnostics).map(diagnosticJson),
  };
}

export function connectionJson(view: ConnectionView): ConnectionJson {
  const { remoteConnectionId } = view;
  const origin = originOf(view.remoteClusterUrl);
  return {
    id: view.id,
    pack: view.pack,
    tool_type: view.toolType,
    connection_type: view.connectionType,
    name: view.name,
    ...(origin === undefined ? {} : { remote_cluster_url: origin }),
    ...(remoteConnectionId === undefined ? {} : { remote_connection_id: remoteConnectionId }),
    auth_type: view.authType,
    status: view.status,
    ...conditionJson(view),
    derived: view.derived,
  };
}

function conditionJson({
  since,
  lastValidatedAt,
  validationError,
}: ConnectionView): Pick<ConnectionJson, 'since' | 'last_validated_at' | 'validation_error'> {
  return {
    ...(since === undefined ? {} : { since: isoTime(since) }),
    ...(lastValidatedAt === undefined ? {} : { last_validated_at: isoTime(lastValidatedAt) }),
    ...(validationError === undefined ? {} : { validation_error: validationError }),
  };
}

export function connectionTestJson(report: ConnectionTestReport): ConnectionTestJson {
  const { connection, workspace, pack, url, ok, status, testedAt, steps } = report;
  return {
    connection,
    workspace,
    pack,
    ...(url === undefined ? {} : { url }),
    ok,
    status,
    tested_at: isoTime(testedAt),
    steps,
  };
}

export function diagnosticJson({ severity, code, message, position, hint, frame }: Diagnostic): DiagnosticJson {
  return {
    severity,
    code,
    message,
    ...position,
    ...(hint === undefined ? {} : { hint }),
    ...(frame === undefined ? {} : { frame }),
  };
}

/** A connection serves the tools of its pack whose names begin with its tool type. */
function mayUse({ definition }: ToolView, connection: ConnectionView): boolean {
  if (connection.pack !== definition.pack) return false;
  return !definition.name.includes('.') || definition.name.startsWith(`${connection.toolType}.`);
}

function hintsJson(annotations: ToolView['definition']['annotations']): ToolHintsJson {
  const { readOnly, destructive, idempotent, openWorld } = annotations;
  return {
    ...(readOnly === undefined ? {} : { read_only: readOnly }),
    ...(destructive === undefined ? {} : { destructive }),
    ...(idempotent === undefined ? {} : { idempotent }),
    ...(openWorld === undefined ? {} : { open_world: openWorld }),
  };
}

function policyJson({
  timeoutMs,
  deadlineMs,
  retry,
  breaker,
  rateLimit,
  fallback,
}: ToolView['policy']): ToolDetailJson['policy'] {
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

function stateJson(state: PackState | ToolState): StateJson {
  switch (state.kind) {
    case 'rejected':
    case 'failed':
      return { kind: state.kind, error: toWireError(state.error) };
    case 'degraded': {
      const { reason, retryAt } = state;
      return {
        kind: state.kind,
        error: toWireError(reason),
        ...(retryAt === undefined ? {} : { retry_at: isoTime(retryAt) }),
      };
    }
    case 'unsupported':
      return { kind: state.kind, reason: state.reason };
    case 'needs_config':
      return { kind: state.kind, missing: state.missing };
    default:
      return { kind: state.kind };
  }
}
