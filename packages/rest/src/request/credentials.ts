import { spendSecret } from '@capstan/schema';
import { CapstanError, type Secret, type ToolConnection } from '@capstan/sdk';
import type { AuthRule, HttpBackend } from '../backend/http-backend.ts';
import { percentEncode } from '../template/percent-encode.ts';
import type { ValueTemplate } from '../template/value-template.ts';
import { lookUp, missingSetting } from './call-scope.ts';

/** A credential in its place. The secret is spent by `write` and kept nowhere. */
export interface Credential {
  readonly place: 'header' | 'query' | 'cookie';
  readonly name: string;
  write(): string;
}

/** What a call authenticates with. */
export interface PlannedCredentials {
  readonly own: readonly Credential[];
  /** Whether the connection's own credentials go with it: the host's authenticator attaches them. */
  readonly ofConnection: boolean;
  /** The query parameters that carry one. */
  readonly queryNames: readonly string[];
}

/** A call that goes without. */
export const NO_CREDENTIALS: PlannedCredentials = Object.freeze({
  own: Object.freeze([]),
  ofConnection: false,
  queryNames: Object.freeze([]),
});

type Spendable = Secret | string;

/** @throws CapstanError `CAPSTAN_NEEDS_CONFIG` where something is not set that the backend needs. */
export function planCredentials(backend: HttpBackend, connection: ToolConnection): PlannedCredentials {
  const planned = backend.auth.map((rule) => planRule(rule, connection));
  const own = planned.flatMap((each) => (each === 'connection' ? [] : each));
  const ofConnection = planned.includes('connection');
  const names = own.flatMap(({ place, name }) => (place === 'query' ? [name] : []));
  const { type, query } = connection.auth;
  const keyName = ofConnection && type === 'api_key' && typeof query === 'string' ? [query] : [];
  return { own, ofConnection, queryNames: [...names, ...keyName] };
}

/** Names and values of the headers, and the pairs of the query and the cookies, at the moment of sending. */
export function spendCredentials(credentials: readonly Credential[]): {
  readonly headers: readonly string[];
  readonly query: readonly string[];
  readonly cookies: readonly string[];
} {
  const written = credentials.map(({ place, name, write }) => ({ place, name, value: write() }));
  const pairs = written.map(({ place, name, value }) => ({
    place,
    pair: `${percentEncode(name)}=${percentEncode(value)}`,
  }));
  const pairsIn = (place: Credential['place']): readonly string[] =>
    pairs.filter((each) => each.place === place).map(({ pair }) => pair);
  const headers = written.filter(({ place }) => place === 'header');
  return {
    headers: headers.flatMap(({ name, value }) => [name, checked(name, value)]),
    query: pairsIn('query'),
    cookies: pairsIn('cookie'),
  };
}

/** A token out of a file often ends with a line break. The value is not repeated. */
function checked(name: string, value: string): string {
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value;
  throw new CapstanError('CAPSTAN_CONFIG_INVALID', `The credential for "${name}" cannot be sent in a header.`, {
    hint: 'It has a character that no header can carry; look for a line break at its end.',
  });
}

function planRule(rule: AuthRule, connection: ToolConnection): readonly Credential[] | 'connection' {
  switch (rule.kind) {
    case 'connection':
      return 'connection';
    case 'bearer':
      return planBearer(rule, connection);
    case 'api_key': {
      const key = settingOf(rule.value, connection) ?? keyOf(connection);
      if (key === undefined) return absent(rule, rule.value, 'api_key');
      return [{ place: rule.place, name: rule.name, write: () => `${rule.prefix}${spend(key)}` }];
    }
    case 'basic': {
      const username = settingOf(rule.username, connection) ?? spendable(connection.auth.username);
      const password = settingOf(rule.password, connection) ?? spendable(connection.auth.password) ?? '';
      if (username === undefined) return absent(rule, rule.username, 'username');
      return [authorization(() => `Basic ${Buffer.from(`${spend(username)}:${spend(password)}`).toString('base64')}`)];
    }
  }
}

/** RFC 6750. Where the setting is unset, whatever token the connection has or gets. */
function planBearer(
  rule: Extract<AuthRule, { kind: 'bearer' }>,
  connection: ToolConnection,
): readonly Credential[] | 'connection' {
  const token = settingOf(rule.token, connection);
  if (token !== undefined) return [authorization(() => `Bearer ${spend(token)}`)];
  const { auth, config } = connection;
  const hasToken = spendable(auth.token) !== undefined || spendable(config.api_token) !== undefined;
  if (hasToken || auth.type.startsWith('oauth2_')) return 'connection';
  return absent(rule, rule.token, 'api_token');
}

function authorization(write: () => string): Credential {
  return { place: 'header', name: 'Authorization', write };
}

/** The credential that the backend's own setting holds. */
function settingOf(template: ValueTemplate | undefined, { config }: ToolConnection): Spendable | undefined {
  if (template?.kind === 'constant') return spendable(template.value);
  return template?.kind === 'config' ? spendable(lookUp(config, template.key)) : undefined;
}

function keyOf({ auth, config }: ToolConnection): Spendable | undefined {
  return spendable(auth.key) ?? spendable(config.api_key) ?? spendable(auth.token) ?? spendable(config.api_token);
}

function absent(
  { optional }: { readonly optional: boolean },
  template: ValueTemplate | undefined,
  usual: string,
): readonly Credential[] {
  if (optional) return [];
  throw missingSetting(template?.kind === 'config' ? template.key : usual, 'A credential of the tool');
}

function spendable(value: unknown): Spendable | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return isSecretShaped(value) ? value : undefined;
}

/** Whether the value is meant as a secret; spending it decides whether it is one of this host. */
function isSecretShaped(value: unknown): value is Secret {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'secret';
}

function spend(value: Spendable): string {
  return typeof value === 'string' ? value : spendSecret(value);
}
