import { JWT_ALGORITHMS, type JwtIssuer, ROLES, type Role, type Scope } from '@capstan/identity';
import { itemsOf, type JsonNode, memberOf, membersOf, numberOr, textOf, textOr, textsOf } from './json-node.ts';
import { DEFAULT_ISSUER } from './settings-defaults.ts';
import type { HostSettings, KeySettings } from './settings-model.ts';

/** Who may come in, of a checked file. */
export function callersOf(auth: JsonNode): HostSettings['auth'] {
  return {
    issuers: itemsOf(memberOf(auth, 'jwt')).map(issuerOf),
    blocked: textsOf(memberOf(auth, 'blocked')).map(([, range]) => range),
  };
}

/** A key, without its place. */
export function keyIn(node: JsonNode): Omit<KeySettings, 'position'> {
  const workspace = textOf(node, 'workspace');
  const expiresAt = textOf(node, 'expires_at');
  return {
    name: textOr(node, 'name', ''),
    role: roleIn(node, 'role') ?? 'agent',
    ...(workspace === undefined ? {} : { workspace }),
    scopes: textsOf(memberOf(node, 'scopes')).map(([, scope]) => asScope(scope)),
    ...(expiresAt === undefined ? {} : { expiresAt: Date.parse(expiresAt) }),
    value: textOr(node, 'value', ''),
  };
}

function issuerOf(node: JsonNode): JwtIssuer {
  const issuer = textOr(node, 'issuer', '');
  const jwksUrl = textOf(node, 'jwks_url');
  const claims = memberOf(node, 'claims');
  const names = DEFAULT_ISSUER.claims;
  const algorithms = texts(node, 'algorithms');
  const defaultRole = roleIn(node, 'default_role');
  return {
    name: textOf(node, 'name') ?? nameOfIssuer(issuer),
    issuer,
    ...(jwksUrl === undefined ? {} : { jwksUrl }),
    audience: texts(node, 'audience'),
    algorithms:
      algorithms.length === 0
        ? DEFAULT_ISSUER.algorithms
        : JWT_ALGORITHMS.filter((algorithm) => algorithms.includes(algorithm)),
    clockSkewS: numberOr(node, 'clock_skew_s', DEFAULT_ISSUER.clockSkewS),
    claims: {
      subject: textOr(claims, 'subject', names.subject),
      roles: textOr(claims, 'roles', names.roles),
      workspaces: textOr(claims, 'workspaces', names.workspaces),
      scopes: textOr(claims, 'scopes', names.scopes),
    },
    ...tablesOf(node),
    ...(defaultRole === undefined ? {} : { defaultRole }),
    defaultWorkspaces:
      memberOf(node, 'default_workspaces') === undefined
        ? DEFAULT_ISSUER.defaultWorkspaces
        : texts(node, 'default_workspaces'),
  };
}

function tablesOf(node: JsonNode): Pick<JwtIssuer, 'roles' | 'workspaces'> {
  const [roles, workspaces] = [memberOf(node, 'roles'), memberOf(node, 'workspaces')];
  return {
    ...(roles === undefined ? {} : { roles: tableOf(roles, (role) => ROLES.find((known) => known === role)) }),
    ...(workspaces === undefined
      ? {}
      : { workspaces: tableOf(workspaces, (name) => (typeof name === 'string' ? name : undefined)) }),
  };
}

function tableOf<Value>(node: JsonNode, read: (value: JsonNode) => Value | undefined): Readonly<Record<string, Value>> {
  return Object.fromEntries(
    membersOf(node).flatMap(([key, value]) => {
      const known = read(value);
      return known === undefined ? [] : [[key, known] as const];
    }),
  );
}

/** The name of an issuer that has none: its host. */
export function nameOfIssuer(issuer: string): string {
  return URL.parse(issuer)?.hostname ?? issuer;
}

function roleIn(node: JsonNode, key: string): Role | undefined {
  const value = memberOf(node, key);
  return ROLES.find((role) => role === value);
}

/** The schema's pattern has let nothing else through. */
function asScope(text: string): Scope {
  return text as Scope;
}

function texts(node: JsonNode, key: string): readonly string[] {
  return textsOf(memberOf(node, key)).map(([, text]) => text);
}
