import { spendSecret } from '@capstan/schema';
import { CapstanError, type ConnectionAuth, type Secret, type ToolConnection } from '@capstan/sdk';
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

type Spendable = Secret | string;

/** What a call authenticates with. @throws CapstanError `CAPSTAN_NEEDS_CONFIG` where something that it needs is not set. */
export function credentialsOf(backend: HttpBackend, connection: ToolConnection): readonly Credential[] {
  return backend.auth.flatMap((rule) =>
    rule.kind === 'connection' ? ofConnection(connection) : ofRule(rule, connection),
  );
}

/** Names and values of the headers, and the pairs of the query, at the moment of sending. */
export function spendCredentials(credentials: readonly Credential[]): {
  readonly headers: readonly string[];
  readonly query: readonly string[];
  readonly cookies: readonly string[];
} {
  const written = credentials.map(({ place, name, write }) => ({ place, name, value: write() }));
  const pair = ({ name, value }: { name: string; value: string }): string =>
    `${percentEncode(name)}=${percentEncode(value)}`;
  return {
    headers: written
      .filter(({ place }) => place === 'header')
      .flatMap(({ name, value }) => [name, checked(name, value)]),
    query: written.filter(({ place }) => place === 'query').map(pair),
    cookies: written.filter(({ place }) => place === 'cookie').map(pair),
  };
}

/** A token out of a file often ends with a line break. The value is not repeated. */
function checked(name: string, value: string): string {
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return value;
  throw new CapstanError('CAPSTAN_CONFIG_INVALID', `The credential for "${name}" cannot be sent in a header.`, {
    hint: 'It has a character that no header can carry; look for a line break at its end.',
  });
}

function ofRule(rule: Exclude<AuthRule, { kind: 'connection' }>, connection: ToolConnection): readonly Credential[] {
  switch (rule.kind) {
    case 'bearer': {
      const token = credential(rule.token, connection, tokenOf);
      return token === undefined ? absent(rule, rule.token, 'api_token') : [bearer(token)];
    }
    case 'api_key': {
      const key = credential(rule.value, connection, keyOf);
      if (key === undefined) return absent(rule, rule.value, 'api_key');
      return [{ place: rule.place, name: rule.name, write: () => `${rule.prefix}${spend(key)}` }];
    }
    case 'basic': {
      const username = credential(rule.username, connection, ({ auth }) => spendable(auth.username));
      const password = credential(rule.password, connection, ({ auth }) => spendable(auth.password));
      if (username === undefined) return absent(rule, rule.username, 'username');
      return [basic(username, password ?? '')];
    }
  }
}

/** The credential that a setting holds, or what the connection has. */
function credential(
  template: ValueTemplate | undefined,
  connection: ToolConnection,
  fromConnection: (connection: ToolConnection) => Spendable | undefined,
): Spendable | undefined {
  if (template === undefined) return fromConnection(connection);
  if (template.kind === 'constant') return spendable(template.value);
  const setting = template.kind === 'config' ? spendable(lookUp(connection.config, template.key)) : undefined;
  return setting ?? fromConnection(connection);
}

function absent(
  { optional }: { readonly optional: boolean },
  template: ValueTemplate | undefined,
  usual: string,
): readonly Credential[] {
  if (optional) return [];
  throw missingSetting(template?.kind === 'config' ? template.key : usual, 'A credential of the tool');
}

function ofConnection(connection: ToolConnection): readonly Credential[] {
  const { auth } = connection;
  if (auth.type === 'api_key') {
    const key = keyOf(connection);
    return key === undefined ? [] : [{ ...placeOf(auth), write: () => `${prefixOf(auth)}${spend(key)}` }];
  }
  if (auth.type === 'basic') {
    const username = spendable(auth.username);
    return username === undefined ? [] : [basic(username, spendable(auth.password) ?? '')];
  }
  const token = tokenOf(connection);
  return token === undefined ? [] : [bearer(token)];
}

function tokenOf({ auth, config }: ToolConnection): Spendable | undefined {
  return spendable(auth.token) ?? spendable(auth.access_token) ?? spendable(config.api_token);
}

function keyOf(connection: ToolConnection): Spendable | undefined {
  const { auth, config } = connection;
  const own = spendable(auth.key) ?? spendable(auth.api_key) ?? spendable(auth.value);
  return own ?? spendable(config.api_key) ?? tokenOf(connection);
}

/** `header: X-Key` and `query: key`, or `in:` and `name:`. */
function placeOf({ header, query, in: place, name }: ConnectionAuth): Pick<Credential, 'place' | 'name'> {
  if (typeof query === 'string') return { place: 'query', name: query };
  const named = typeof header === 'string' ? header : typeof name === 'string' ? name : 'X-API-Key';
  return { place: place === 'query' || place === 'cookie' ? place : 'header', name: named };
}

function prefixOf({ prefix, scheme }: ConnectionAuth): string {
  if (typeof prefix === 'string') return prefix;
  return typeof scheme === 'string' && scheme !== '' ? `${scheme} ` : '';
}

function bearer(token: Spendable): Credential {
  return { place: 'header', name: 'Authorization', write: () => `Bearer ${spend(token)}` };
}

/** RFC 7617. */
function basic(username: Spendable, password: Spendable): Credential {
  return {
    place: 'header',
    name: 'Authorization',
    write: () => `Basic ${Buffer.from(`${spend(username)}:${spend(password)}`).toString('base64')}`,
  };
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
