import type { ConfigSource } from '@capstan/config';
import type { DocumentPath, SourcePosition } from '@capstan/schema';
import {
  itemsOf,
  type JsonNode,
  jsonMapping,
  memberOf,
  membersOf,
  numberOr,
  textOf,
  textOr,
  textsOf,
  wordOr,
} from './json-node.ts';
import { callersOf, keyIn } from './map-auth.ts';
import { connectionFrom } from './map-connection.ts';
import { approvalsIn, governanceIn } from './map-governance.ts';
import { auditIn, cacheIn, countsIn, limitsIn, rateLimitIn, sharedLimitsIn } from './map-limits.ts';
import { policyIn } from './map-resilience.ts';
import { telemetryOf } from './map-telemetry.ts';
import { originOf } from './pack-origin.ts';
import { joinGlob, joinPath } from './relative-path.ts';
import {
  DEFAULT_CALLS,
  DEFAULT_DRIFT,
  DEFAULT_LOG,
  DEFAULT_RESULTS,
  DEFAULT_SERVER,
  DEFAULT_WORKSPACE,
} from './settings-defaults.ts';
import {
  type CallDefaults,
  type ConnectionSettings,
  DRIFT_MODES,
  type HostSettings,
  LOG_LEVELS,
  type PackOrigin,
  type PackSettings,
  type WorkspaceSettings,
} from './settings-model.ts';

/** A file that has passed every check, and where everything in it stands. */
export interface CheckedFile {
  readonly path: string;
  readonly root: JsonNode;
  locate(path: DocumentPath): SourcePosition;
}

/** The settings that a checked file means: snake_case to camelCase, defaults filled in, relative paths joined. */
export function mapSettings(file: CheckedFile): HostSettings {
  const { root } = file;
  const egress = memberOf(root, 'egress');
  const allow = memberOf(memberOf(root, 'references'), 'allow');
  return {
    discover: texts(root, 'discover').map((glob) => joinGlob(file.path, glob)),
    packs: new Map(membersOf(memberOf(root, 'packs')).map(([key, pack]) => [key, packOf(key, pack, file)])),
    workspaces: workspacesOf(memberOf(root, 'workspaces'), file),
    keys: itemsOf(memberOf(root, 'keys')).map((key, index) => ({
      ...keyIn(key),
      position: file.locate(['keys', index]),
    })),
    policies: texts(root, 'policies').map((glob) => joinGlob(file.path, glob)),
    approvals: approvalsIn(memberOf(root, 'approvals'), file.locate(['approvals', 'webhook'])),
    drift: wordOr(root, 'drift', DRIFT_MODES, DEFAULT_DRIFT),
    auth: callersOf(memberOf(root, 'auth')),
    egress: {
      allowPrivate: texts(egress, 'allow_private'),
      certificates: texts(egress, 'certificates').map((certificate) => joinPath(file.path, certificate)),
    },
    references: { variables: texts(allow, 'variables'), files: texts(allow, 'files') },
    defaults: defaultsOf(memberOf(root, 'defaults')),
    limits: sharedLimitsIn(memberOf(root, 'limits')),
    cache: cacheIn(memberOf(root, 'cache')),
    audit: auditIn(memberOf(root, 'audit')),
    results: {
      maxInlineBytes: numberOr(memberOf(root, 'results'), 'max_inline_bytes', DEFAULT_RESULTS.maxInlineBytes),
    },
    server: serverOf(memberOf(root, 'server')),
    telemetry: telemetryOf(memberOf(root, 'telemetry')),
    log: { level: wordOr(memberOf(root, 'log'), 'level', LOG_LEVELS, DEFAULT_LOG.level) },
    document: jsonMapping(root),
    locate: (path) => file.locate(path),
  };
}

function packOf(key: string, pack: JsonNode, file: CheckedFile): PackSettings {
  const path = ['packs', key];
  return {
    key,
    from: joinedOrigin(textOf(pack, 'from'), file.path),
    trust: textOf(pack, 'trust') === 'in_process' ? 'in_process' : 'none',
    environment: texts(pack, 'environment'),
    egress: texts(pack, 'egress'),
    config: {
      values: jsonMapping(memberOf(pack, 'config')),
      sourceOf: (inside) => sourceAt(file, [...path, 'config', ...inside]),
      references: 'operator',
    },
    policy: policyIn(memberOf(pack, 'policy')),
    position: file.locate(path),
  };
}

function joinedOrigin(from: string | undefined, file: string): PackOrigin {
  const origin = from === undefined ? undefined : originOf(from);
  if (origin?.kind === 'folder') return { kind: 'folder', path: joinPath(file, origin.path) };
  return origin ?? { kind: 'discovered' };
}

function workspacesOf(declared: JsonNode, file: CheckedFile): HostSettings['workspaces'] {
  const entries: readonly [string, JsonNode][] =
    declared === undefined ? [[DEFAULT_WORKSPACE, undefined]] : membersOf(declared);
  return new Map(entries.map(([id, workspace]) => [id, workspaceOf(id, workspace, file)]));
}

function workspaceOf(id: string, workspace: JsonNode, file: CheckedFile): WorkspaceSettings {
  const path = ['workspaces', id];
  const connections = itemsOf(memberOf(workspace, 'connections'));
  return {
    id,
    packs: texts(workspace, 'packs'),
    connections: connections.map((node, index) => connectionIn(node, [...path, 'connections', index], file)),
    limits: limitsIn(memberOf(workspace, 'limits')),
    policies: texts(workspace, 'policies').map((glob) => joinGlob(file.path, glob)),
    ...governanceIn(workspace),
    position: file.locate(path),
  };
}

function connectionIn(node: JsonNode, path: DocumentPath, file: CheckedFile): ConnectionSettings {
  return connectionFrom(node, {
    position: file.locate(path),
    references: 'operator',
    sourceOf: (inside) => sourceAt(file, [...path, ...inside]),
  });
}

function defaultsOf(defaults: JsonNode): CallDefaults {
  const { timeoutMs, deadlineMs, retry, breaker } = DEFAULT_CALLS;
  const [ownRetry, ownBreaker] = [memberOf(defaults, 'retry'), memberOf(defaults, 'breaker')];
  return {
    timeoutMs: numberOr(defaults, 'timeout_ms', timeoutMs),
    deadlineMs: numberOr(defaults, 'deadline_ms', deadlineMs),
    retry: {
      maxRetries: numberOr(ownRetry, 'max_retries', retry.maxRetries),
      baseMs: numberOr(ownRetry, 'base_ms', retry.baseMs),
      maxMs: numberOr(ownRetry, 'max_ms', retry.maxMs),
    },
    breaker: {
      failureThreshold: numberOr(ownBreaker, 'failure_threshold', breaker.failureThreshold),
      recoveryTimeoutMs: numberOr(ownBreaker, 'recovery_timeout_s', breaker.recoveryTimeoutMs / 1_000) * 1_000,
      successThreshold: numberOr(ownBreaker, 'success_threshold', breaker.successThreshold),
    },
    ...rateLimitIn(defaults),
    ...countsIn(defaults),
  };
}

function serverOf(server: JsonNode): HostSettings['server'] {
  const publicUrl = textOf(server, 'public_url');
  return {
    host: textOr(server, 'host', DEFAULT_SERVER.host),
    port: numberOr(server, 'port', DEFAULT_SERVER.port),
    ...(publicUrl === undefined ? {} : { publicUrl: publicUrl.replace(/\/+$/, '') }),
    allowedHosts: texts(server, 'allowed_hosts'),
    allowedOrigins: texts(server, 'allowed_origins'),
    trustedProxies: texts(server, 'trusted_proxies'),
    compactThreshold: numberOr(server, 'compact_threshold', DEFAULT_SERVER.compactThreshold),
  };
}

function sourceAt(file: CheckedFile, path: DocumentPath): ConfigSource {
  return { kind: 'file', ...file.locate(path) };
}

function texts(node: JsonNode, key: string): readonly string[] {
  return textsOf(memberOf(node, key)).map(([, text]) => text);
}
