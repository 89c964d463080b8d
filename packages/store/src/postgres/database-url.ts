import { CapstanError } from '@capstan/sdk';

/** @returns the URL. @throws CapstanError CAPSTAN_CONFIG_INVALID, without showing it: it holds a password. */
export function readDatabaseUrl(url: string): string {
  const isPostgres = URL.canParse(url) && /^postgres(?:ql)?:$/.test(new URL(url).protocol);
  if (isPostgres) return url;
  throw new CapstanError('CAPSTAN_CONFIG_INVALID', 'the URL of the database is not one of Postgres', {
    hint: 'Write CAPSTAN_DATABASE_URL as postgres://user:password@host:5432/database; percent-encode the password.',
  });
}

/** The server without user and password, for messages: `db.example.com:5432/capstan`. */
export function describeDatabaseUrl(url: string): string {
  const { host, pathname, searchParams } = new URL(readDatabaseUrl(url));
  return `${host === '' ? (searchParams.get('host') ?? 'localhost') : host}${pathname}`;
}
