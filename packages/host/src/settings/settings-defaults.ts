import type { JwtIssuer } from '@capstan/identity';
import type { CallDefaults, HostSettings, TelemetrySettings } from './settings-model.ts';

/** What the host does where the file says nothing. The published schema tells editors the same; a test holds them equal. */
export const DEFAULT_CALLS: CallDefaults = Object.freeze({
  timeoutMs: 30_000,
  deadlineMs: 60_000,
  retry: Object.freeze({ maxRetries: 3, baseMs: 250, maxMs: 10_000 }),
  breaker: Object.freeze({ failureThreshold: 5, recoveryTimeoutMs: 60_000, successThreshold: 3 }),
});

export const DEFAULT_SERVER: HostSettings['server'] = Object.freeze({
  host: '127.0.0.1',
  port: 7420,
  allowedHosts: Object.freeze([]),
  allowedOrigins: Object.freeze([]),
  trustedProxies: Object.freeze([]),
  compactThreshold: 40,
});

/** Of an issuer of tokens. */
export const DEFAULT_ISSUER: Pick<JwtIssuer, 'algorithms' | 'clockSkewS' | 'claims' | 'defaultWorkspaces'> =
  Object.freeze({
    algorithms: Object.freeze(['RS256', 'PS256', 'ES256', 'EdDSA'] as const),
    clockSkewS: 30,
    claims: Object.freeze({ subject: 'sub', roles: 'roles', workspaces: 'workspaces', scopes: 'scope' }),
    defaultWorkspaces: Object.freeze(['default']),
  });

export const DEFAULT_TELEMETRY: TelemetrySettings = Object.freeze({
  serviceName: 'capstan',
  otlp: Object.freeze({ headers: Object.freeze({}), metricsIntervalMs: 60_000 }),
  sampleRatio: 1,
});

export const DEFAULT_LOG: HostSettings['log'] = Object.freeze({ level: 'info' });

export const DEFAULT_LIMITS: HostSettings['limits'] = Object.freeze({
  onRedisFailure: Object.freeze({ reads: 'open', writes: 'closed' }),
  redisTimeoutMs: 100,
});

export const DEFAULT_CACHE: HostSettings['cache'] = Object.freeze({
  maxEntries: 1_000,
  maxBytes: 64 * 1024 * 1024,
  ttlMs: 300_000,
});

/** A mebibyte is more than any agent wants to read. */
export const DEFAULT_RESULTS: HostSettings['results'] = Object.freeze({ maxInlineBytes: 1_048_576 });

/** The workspace of a file that declares none. */
export const DEFAULT_WORKSPACE = 'default';

export const DEFAULT_APPROVALS: HostSettings['approvals'] = Object.freeze({ level: 'high', expiresMs: 3_600_000 });

/** A definition that nobody has seen is not offered. */
export const DEFAULT_DRIFT: HostSettings['drift'] = 'block';
