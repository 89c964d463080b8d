import { describe, expect, test } from 'vitest';
import { loadSettings } from './host-settings.ts';

const HEAD = 'workspaces: { w: { packs: [a], connections: [{ id: c, pack: a, tool_type: t, auth: ';

function load(auth: string) {
  return loadSettings({ path: 'capstan.yaml', text: `${HEAD}${auth} }] } }` });
}

/** What is wrong, at the column inside `auth` where it stands. */
function findingsOf(auth: string): readonly string[] {
  return load(auth).diagnostics.map(
    ({ code, position, message }) =>
      `${auth.slice(position.column - 1 - HEAD.length).split(/[:,\s}]/)[0]} ${code.replace('CAPSTAN_SETTINGS_', '')} ${message}`,
  );
}

describe('every type of auth is read', () => {
  test.each([
    ['{ type: none }', {}],
    ['{ type: bearer, token: env:T }', { token: 'env:T' }],
    ['{ type: api_key, key: env:K, header: X-Key, scheme: Key }', { key: 'env:K', header: 'X-Key', scheme: 'Key' }],
    ['{ type: api_key, key: k, auth_header: X-Key, auth_type: Key }', { key: 'k', header: 'X-Key', scheme: 'Key' }],
    ['{ type: api_key, key: k, query: api_key }', { key: 'k', query: 'api_key' }],
    ['{ type: basic, username: u, password: "" }', { username: 'u', password: '' }],
    [
      '{ type: oauth2_client_credentials, client_id: c, client_secret: s, issuer: "https://a.example", scopes: [x, y] }',
      { client_id: 'c', client_secret: 's', issuer: 'https://a.example', scopes: ['x', 'y'] },
    ],
    [
      '{ type: oauth2_authorization_code, client_id: c, token_url: "env:T", authorization_url: "https://a.example" }',
      { client_id: 'c', token_url: 'env:T', authorization_url: 'https://a.example' },
    ],
  ])('%s', (auth, fields) => {
    const { settings, diagnostics } = load(auth);
    expect(diagnostics).toEqual([]);
    expect(settings?.workspaces.get('w')?.connections[0]?.auth.fields).toEqual(fields);
  });
});

describe('what does not fit is refused at its place', () => {
  test.each([
    ['{ type: bearre }', ['bearre INVALID_VALUE']],
    [
      '{ type: basic, username: u, token: x }',
      [
        "{ MISSING_KEY 'workspaces.w.connections[0].auth' lacks 'password'",
        "token UNKNOWN_KEY 'token' is not a key of auth of type basic",
      ],
    ],
    ['{ type: none, key: x }', ["key UNKNOWN_KEY 'key' is not a key of auth of type none"]],
    ['{ type: api_key, key: k, hedaer: X }', ['hedaer UNKNOWN_KEY']],
    [
      '{ type: api_key, key: k, header: X, query: q }',
      ["header CONTRADICTION 'header' and 'query' exclude each other"],
    ],
    ['{ type: api_key, key: k, header: X, auth_header: Y }', ['auth_header CONTRADICTION']],
    [
      '{ type: api_key, key: k, header: Content-Length }',
      ["Content-Length INVALID_VALUE a key cannot travel in the header 'Content-Length'"],
    ],
    ['{ type: api_key, key: k, header: "a b" }', ['"a INVALID_VALUE']],
    ['{ type: basic, username: "u:v", password: p }', ['"u INVALID_VALUE']],
    [
      '{ type: oauth2_client_credentials, client_id: c, client_secret: s }',
      ["{ MISSING_KEY 'workspaces.w.connections[0].auth' lacks 'token_url'"],
    ],
    [
      '{ type: oauth2_authorization_code, client_id: c }',
      [
        "{ MISSING_KEY 'workspaces.w.connections[0].auth' lacks 'token_url'",
        "{ MISSING_KEY 'workspaces.w.connections[0].auth' lacks 'authorization_url'",
      ],
    ],
    [
      '{ type: oauth2_client_credentials, client_id: c, client_secret: s, issuer: a.example }',
      ['a.example INVALID_URL'],
    ],
  ])('%s', (auth, expected) => {
    const found = findingsOf(auth);
    expect(found).toHaveLength(expected.length);
    for (const [index, one] of expected.entries()) expect(found[index]).toContain(one);
  });

  test('and no secret of it is shown', () => {
    const { diagnostics } = load('{ type: basic, username: u, password: geheim, key: geheim, x: geheim }');
    expect(diagnostics.length).toBeGreaterThan(1);
    expect(JSON.stringify(diagnostics)).not.toContain('geheim');
  });
});
