import { describe, expect, test } from 'vitest';
import { loadSettings } from './host-settings.ts';

function load(text: string) {
  return loadSettings({ path: 'capstan.yaml', text });
}

function findings(text: string): readonly string[] {
  return load(text).diagnostics.map(({ code, message }) => `${code.replace('CAPSTAN_SETTINGS_', '')} ${message}`);
}

test('an issuer is read, with its defaults', () => {
  const { settings, diagnostics } = load('auth: { jwt: [{ issuer: "https://login.example.com/realms/a" }] }');
  expect(diagnostics).toEqual([]);
  expect(settings?.auth.issuers).toEqual([
    {
      name: 'login.example.com',
      issuer: 'https://login.example.com/realms/a',
      audience: [],
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      clockSkewS: 30,
      claims: { subject: 'sub', roles: 'roles', workspaces: 'workspaces', scopes: 'scope' },
      defaultWorkspaces: ['default'],
    },
  ]);
});

test('everything that can be said of one', () => {
  const { settings, diagnostics } = load(`auth:
  blocked: [203.0.113.0/24]
  jwt:
    - name: corp
      issuer: https://login.example.com
      jwks_url: https://login.example.com/keys
      audience: [capstan]
      algorithms: [ES256]
      clock_skew_s: 0
      claims: { subject: oid, roles: realm_access.roles, workspaces: groups, scopes: scp }
      roles: { tools: agent, __proto__: admin }
      default_role: viewer
      workspaces: { everybody: "*", sales-team: sales }
      default_workspaces: []
`);
  expect(diagnostics).toEqual([]);
  expect(settings?.auth.blocked).toEqual(['203.0.113.0/24']);
  const [issuer] = settings?.auth.issuers ?? [];
  expect(issuer).toMatchObject({
    name: 'corp',
    jwksUrl: 'https://login.example.com/keys',
    audience: ['capstan'],
    algorithms: ['ES256'],
    clockSkewS: 0,
    claims: { subject: 'oid', roles: 'realm_access.roles', workspaces: 'groups', scopes: 'scp' },
    defaultRole: 'viewer',
    workspaces: { everybody: '*', 'sales-team': 'sales' },
    defaultWorkspaces: [],
  });
  expect(Object.entries(issuer?.roles ?? {})).toContainEqual(['tools', 'agent']);
});

test('keys have roles, scopes and an end', () => {
  const { settings, diagnostics } = load(
    'keys: [{ name: a, role: operator, scopes: [tools:read, permission:x.y], expires_at: "2027-01-31T00:00:00Z", value: x }]',
  );
  expect(diagnostics).toEqual([]);
  expect(settings?.keys[0]).toMatchObject({
    role: 'operator',
    scopes: ['tools:read', 'permission:x.y'],
    expiresAt: Date.UTC(2027, 0, 31),
  });
  expect(settings?.keys[0]).not.toHaveProperty('workspace');
});

describe('what is refused', () => {
  test.each([
    ['auth: { jwt: [{}] }', ["MISSING_KEY 'auth.jwt[0]' lacks 'issuer'"]],
    ['auth: { jwt: [{ issuer: login }] }', ["INVALID_URL 'auth.jwt[0].issuer' is no http or https URL"]],
    ['auth: { jwt: [{ issuer: "https://u:p@a.example" }] }', ["INVALID_URL 'auth.jwt[0].issuer'"]],
    ['auth: { jwt: [{ issuer: "https://a.example", algorithms: [none] }] }', ['INVALID_VALUE']],
    ['auth: { jwt: [{ issuer: "https://a.example", algorithms: [HS256] }] }', ['INVALID_VALUE']],
    ['auth: { jwt: [{ issuer: "https://a.example", roles: { x: root } }] }', ['INVALID_VALUE']],
    ['auth: { jwt: [{ issuer: "https://a.example", clock_skew_s: 3600 }] }', ['INVALID_VALUE']],
    [
      'auth: { jwt: [{ issuer: "https://a.example/1" }, { issuer: "https://a.example/2" }] }',
      ["CONTRADICTION two issuers are called 'a.example'"],
    ],
    [
      'auth: { jwt: [{ issuer: "https://a.example" }, { name: b, issuer: "https://a.example" }] }',
      ['CONTRADICTION this issuer stands here twice'],
    ],
    ['auth: { blocked: [203.0.113.9] }', ["INVALID_CIDR '203.0.113.9' lacks its length"]],
    ['server: { trusted_proxies: [proxy] }', ["INVALID_CIDR 'proxy' is no IPv4 or IPv6 address range"]],
    ['keys: [{ name: a, role: viewer, value: x }]', ["MISSING_KEY 'keys[0]' lacks 'workspace'"]],
    ['keys: [{ name: a, role: admin, workspace: default, value: x }]', ['']],
    ['keys: [{ name: a, role: admin, scopes: [tools:write], value: x }]', ['INVALID_VALUE']],
    [
      'keys: [{ name: a, workspace: default, scopes: [host:manage], value: x }]',
      ['CONTRADICTION the role agent has no scope host:manage'],
    ],
    ['keys: [{ name: a, role: admin, expires_at: soon, value: x }]', ['INVALID_VALUE']],
    ['keys: [{ name: a, role: admin, expires_at: "2027-13-31T00:00:00Z", value: x }]', ['INVALID_VALUE']],
  ])('%s', (text, expected) => {
    const found = findings(text);
    expect(found).toHaveLength(expected.length);
    for (const [index, one] of expected.entries()) expect(found[index]).toContain(one);
  });
});
