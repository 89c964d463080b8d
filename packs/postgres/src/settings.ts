import { CapstanError, type ResolvedConfig } from '@capstan/sdk';

/** The settings of the pack, with the manifest's defaults filled in by the host. */
export interface DatabaseSettings {
  readonly url: string;
  readonly statementTimeoutMs: number;
  readonly connectionTimeoutMs: number;
  readonly maxConnections: number;
}

/** @throws CapstanError CAPSTAN_CONFIG_INVALID for a URL that is none, or that switches the check of certificates off. */
export function databaseSettings(config: ResolvedConfig): DatabaseSettings {
  return {
    url: checkedUrl(config.database_url),
    statementTimeoutMs: Number(config.statement_timeout_s) * 1000,
    connectionTimeoutMs: Number(config.connection_timeout_s) * 1000,
    maxConnections: Number(config.max_connections),
  };
}

/** The value is a secret: no message shows a part of it. */
function checkedUrl(value: unknown): string {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (typeof value !== 'string' || !url || !/^postgres(?:ql)?:$/.test(url.protocol)) {
    throw invalid(
      'database_url is no URL of a Postgres database',
      'Write postgresql://role:<password>@host:5432/database.',
    );
  }
  if (url.searchParams.get('sslmode') === 'no-verify') {
    throw invalid(
      'database_url switches off the check of the certificate',
      'Use sslmode=verify-full, with sslrootcert=/path/to/ca.pem for an authority of your own.',
    );
  }
  return value;
}

function invalid(message: string, hint: string): CapstanError {
  return new CapstanError('CAPSTAN_CONFIG_INVALID', message, { hint, details: { keys: ['database_url'] } });
}
