// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in texts are the subject
import { readFileSync } from 'node:fs';
import { formatDiagnostic } from '@capstan/schema';
import { describe, expect, test } from 'vitest';
import { loadSettings } from './host-settings.ts';
import type { HostSettings } from './settings-model.ts';

function load(text: string, path = 'capstan.yaml') {
  return loadSettings({ path, text });
}

function settingsOf(text: string, path?: string): HostSettings {
  const { settings, diagnostics } = load(text, path);
  if (!settings) throw new Error(diagnostics.map(formatDiagnostic).join('\n'));
  return settings;
}

/** Findings as `line:column severity CODE-without-prefix`. */
function findingsOf(text: string): readonly string[] {
  return load(text).diagnostics.map(
    ({ position: { line, column }, severity, code }) =>
      `${line}:${column} ${severity} ${code.replace('CAPSTAN_SETTINGS_', '')}`,
  );
}

const WHOLE = `
version: 1
discover: [./packs/*, /opt/packs/*]
packs:
  example_remote_http:
    from: ./packs/example-remote-http-pack
    trust: in_process
    environment: [EXAMPLE_REMOTE_BASE_URL]
    egress: [extra.example.com]
    config: { base_url: "https://\${HOST}/", api_token: env:X, retry: { max: 3 } }
  "@example/line-pack":
    from: "@example/line-pack"
  discovered_pack: {}
workspaces:
  support:
    packs: [example_remote_http, "@example/line-pack"]
    connections:
      - { id: line-main, pack: example_remote_http, tool_type: line, connection_type: http, name: "LINE main",
          remote_cluster_url: env:LINE_URL, remote_connection_id: C1, config: { region: jp },
          auth: { type: bearer, token: env:X } }
      - { id: wp, pack: example_remote_http, tool_type: wp }
    limits: { rate_limit: { limit: 600, window_ms: 60000 } }
  empty: {}
keys:
  - { name: ci, workspace: support, role: agent, value: env:CI_KEY }
  - { name: other, workspace: empty, value: file:/run/secrets/key }
  - { name: root, role: admin, value: env:ADMIN_KEY }
egress: { allow_private: [127.0.0.0/8, "fd00::/8"], certificates: [./ca.pem, /etc/ca.pem] }
references: { allow: { variables: [LINE_URL], files: [/run/secrets/x] } }
defaults:
  timeout_ms: 1000
  deadline_ms: 2000
  retry: { max_retries: 0, base_ms: 1, max_ms: 2 }
  breaker: { failure_threshold: 1, recoveryless: 1 }
server: { host: 0.0.0.0, port: 0, allowed_hosts: [a.example], allowed_origins: ["https://console.example.com"] }
log: { level: warn }
`.replace('recoveryless: 1', 'recovery_timeout_s: 0.5, success_threshold: 2');

describe('a file that is right', () => {
  test('says everything, in camelCase', () => {
    const { locate, packs, workspaces, ...rest } = settingsOf(
      WHOLE.replace('defaults:', 'defaults:\n  rate_limit: { limit: 1, window_ms: 2 }'),
      'conf/capstan.yaml',
    );
    expect(rest).toMatchObject({
      discover: ['conf/packs/*', '/opt/packs/*'],
      keys: [
        { name: 'ci', role: 'agent', workspace: 'support', value: 'env:CI_KEY' },
        { name: 'other', role: 'agent', workspace: 'empty', value: 'file:/run/secrets/key' },
        { name: 'root', role: 'admin', value: 'env:ADMIN_KEY' },
      ],
      egress: { allowPrivate: ['127.0.0.0/8', 'fd00::/8'], certificates: ['conf/ca.pem', '/etc/ca.pem'] },
      references: { variables: ['LINE_URL'], files: ['/run/secrets/x'] },
      defaults: {
        timeoutMs: 1000,
        deadlineMs: 2000,
        retry: { maxRetries: 0, baseMs: 1, maxMs: 2 },
        breaker: { failureThreshold: 1, recoveryTimeoutMs: 500, successThreshold: 2 },
        rateLimit: { limit: 1, windowMs: 2 },
      },
      server: {
        host: '0.0.0.0',
        port: 0,
        allowedHosts: ['a.example'],
        allowedOrigins: ['https://console.example.com'],
        compactThreshold: 40,
      },
      log: { level: 'warn' },
    });
    expect([...packs.keys()]).toEqual(['example_remote_http', '@example/line-pack', 'discovered_pack']);
    expect(packs.get('example_remote_http')).toMatchObject({
      key: 'example_remote_http',
      from: { kind: 'folder', path: 'conf/packs/example-remote-http-pack' },
      trust: 'in_process',
      environment: ['EXAMPLE_REMOTE_BASE_URL'],
      egress: ['extra.example.com'],
    });
    expect(packs.get('@example/line-pack')).toMatchObject({
      from: { kind: 'package', name: '@example/line-pack' },
      trust: 'none',
    });
    expect(packs.get('discovered_pack')).toMatchObject({ from: { kind: 'discovered' }, environment: [], egress: [] });
    expect([...workspaces.keys()]).toEqual(['support', 'empty']);
    expect(workspaces.get('support')).toMatchObject({
      id: 'support',
      packs: ['example_remote_http', '@example/line-pack'],
      limits: { rateLimit: { limit: 600, windowMs: 60_000 } },
      connections: [
        {
          id: 'line-main',
          pack: 'example_remote_http',
          toolType: 'line',
          connectionType: 'http',
          name: 'LINE main',
          remoteClusterUrl: 'env:LINE_URL',
          remoteConnectionId: 'C1',
          config: { region: 'jp' },
          auth: { type: 'bearer', token: 'env:X' },
        },
        { id: 'wp', connectionType: 'remote', name: 'wp', config: {}, auth: { type: 'none' } },
      ],
    });
    expect(workspaces.get('empty')).toMatchObject({ packs: [], connections: [], limits: {} });
    expect(locate(['server', 'port'])).toMatchObject({ path: 'conf/capstan.yaml' });
  });

  test('gives system config as the layer that config resolution takes, with the place of every value', () => {
    const config = settingsOf(WHOLE).packs.get('example_remote_http')?.config;
    expect(config?.values).toEqual({ base_url: 'https://${HOST}/', api_token: 'env:X', retry: { max: 3 } });
    expect(config?.references).toBe('operator');
    expect(config?.sourceOf(['base_url'])).toEqual({ kind: 'file', path: 'capstan.yaml', line: 10, column: 25 });
    expect(config?.sourceOf(['retry', 'max'])).toEqual({ kind: 'file', path: 'capstan.yaml', line: 10, column: 77 });
  });

  test('knows where everything of a connection stands', () => {
    const connection = settingsOf(WHOLE).workspaces.get('support')?.connections[0];
    expect(connection?.position).toMatchObject({ line: 18 });
    expect(connection?.sourceOf(['remote_cluster_url'])).toMatchObject({ kind: 'file', line: 19 });
    expect(connection?.sourceOf(['auth', 'token'])).toMatchObject({ kind: 'file', line: 20 });
    expect(connection?.sourceOf(['config', 'region'])).toMatchObject({ kind: 'file', line: 19 });
  });

  test.each(['', '# nothing\n', 'version: 1\n', '{}'])('%j means the defaults', (text) => {
    const { locate: _, document: _document, workspaces, ...rest } = settingsOf(text);
    expect(rest).toEqual({
      audit: {},
      policies: [],
      approvals: { level: 'high', expiresMs: 3_600_000 },
      drift: 'block',
      cache: { maxEntries: 1_000, maxBytes: 67_108_864, ttlMs: 300_000 },
      limits: { onRedisFailure: { reads: 'open', writes: 'closed' }, redisTimeoutMs: 100 },
      discover: [],
      packs: new Map(),
      keys: [],
      egress: { allowPrivate: [], certificates: [] },
      results: { maxInlineBytes: 1_048_576 },
      references: { variables: [], files: [] },
      defaults: {
        timeoutMs: 30_000,
        deadlineMs: 60_000,
        retry: { maxRetries: 3, baseMs: 250, maxMs: 10_000 },
        breaker: { failureThreshold: 5, recoveryTimeoutMs: 60_000, successThreshold: 3 },
      },
      server: {
        host: '127.0.0.1',
        port: 7420,
        allowedHosts: [],
        allowedOrigins: [],
        trustedProxies: [],
        compactThreshold: 40,
      },
      auth: { issuers: [], blocked: [] },
      telemetry: { serviceName: 'capstan', otlp: { headers: {}, metricsIntervalMs: 60_000 }, sampleRatio: 1 },
      log: { level: 'info' },
    });
    expect([...workspaces.values()]).toMatchObject([{ id: 'default', packs: [], connections: [] }]);
  });

  test('is the one at the root of this repository', () => {
    const text = readFileSync(new URL('../../../../capstan.yaml', import.meta.url), 'utf8');
    expect(load(text).diagnostics).toEqual([]);
  });
});

describe('a file that is wrong', () => {
  test('gives no settings, and every problem with its place, in the order of the file', () => {
    const text = [
      'version: 2',
      'dicsover: []',
      'packs:',
      '  Wrong-Name!: {}',
      '  a: { trust: sandbox, environment: [CAPSTAN_MASTER_KEY, ok-not], from: "Some Pack", config: [] }',
      'workspaces:',
      '  Default: {}',
      '  w:',
      '    packs: [a, a]',
      '    connections:',
      '      - { id: c1, pack: aa, tool_type: line, auth: { type: bearer } }',
      '      - { id: c1, pack: a, tool_type: line, auth: { type: none, token: x }, remote_cluster_url: "line.example" }',
      '      - { id: system.a.line, pack: a }',
      'keys:',
      '  - { name: ci, workspace: ww, value: env:A }',
      '  - { name: ci, value: env:B, role: agent }',
      '  - { name: root, value: env:C, role: admin, workspace: w }',
      'egress: { allow_private: [10.0.0.1, 10.0.0.0/33, "fd00::/8", "fd00::g/8"] }',
      'references: { allow: { files: [secrets/x], variables: [PATH] } }',
      'defaults: { timeout_ms: 5000, deadline_ms: 100, retry: { max_retries: -1 }, rate_limit: { limit: 0 } }',
      'server: { port: 70000, allowed_origins: ["https://a.example/"] }',
      'log: { level: inof }',
      '',
    ].join('\n');
    expect(load(text).settings).toBeUndefined();
    expect(findingsOf(text)).toMatchInlineSnapshot(`
      [
        "1:10 error INVALID_VALUE",
        "2:1 error UNKNOWN_KEY",
        "4:3 error INVALID_NAME",
        "5:15 error UNKNOWN_TRUST",
        "5:38 error HOST_VARIABLE",
        "5:58 error INVALID_VALUE",
        "5:73 error INVALID_ORIGIN",
        "5:94 error WRONG_TYPE",
        "7:3 error INVALID_NAME",
        "9:16 error DUPLICATE_PACK",
        "11:25 warning PACK_NOT_ENABLED",
        "11:52 error MISSING_KEY",
        "12:15 error DUPLICATE_CONNECTION",
        "12:65 error UNKNOWN_KEY",
        "12:97 error INVALID_URL",
        "13:9 error MISSING_KEY",
        "13:15 error RESERVED_CONNECTION",
        "15:28 error UNKNOWN_WORKSPACE",
        "16:5 error MISSING_KEY",
        "16:13 error DUPLICATE_KEY_NAME",
        "17:57 error INVALID_VALUE",
        "18:27 error INVALID_CIDR",
        "18:37 error INVALID_CIDR",
        "18:62 error INVALID_CIDR",
        "19:32 error INVALID_FILE",
        "19:56 error HOST_VARIABLE",
        "20:25 error CONTRADICTION",
        "20:71 error INVALID_VALUE",
        "20:89 error MISSING_KEY",
        "20:98 error INVALID_VALUE",
        "21:17 error INVALID_VALUE",
        "21:42 error INVALID_URL",
        "22:15 error INVALID_VALUE",
      ]
    `);
  });

  test.each([
    ['dicsover: []', "'dicsover' is not a key of the file", "Did you mean 'discover'?"],
    ['packs: { a: { enviroment: [] } }', "'enviroment' is not a key of 'packs.a'", "Did you mean 'environment'?"],
    [
      'server: { zzz: 1 }',
      "'zzz' is not a key of 'server'",
      'Known here: host, port, public_url, allowed_hosts, allowed_origins, trusted_proxies, compact_threshold.',
    ],
    ['packs: { a: { trust: yes } }', "'packs.a.trust' can only be in_process", /take the key away/],
    [
      'workspaces: { W: {} }',
      "'W' under workspaces must be small letters, digits, '-' and '_', at most 63",
      /Small letters/,
    ],
    ['keys: [{ name: a, workspace: defualt, value: x }]', "there is no workspace 'defualt'", "Did you mean 'default'?"],
    ['keys: [{ name: a, workspace: default }]', "'keys[0]' lacks 'value'", /^Add 'value': The key itself/],
    ['keys: [{ name: a, value: x }]', "'keys[0]' lacks 'workspace'", /^Add 'workspace': The workspace of a viewer's/],
    [
      'egress: { allow_private: [127.0.0.1] }',
      "'127.0.0.1' lacks its length: 127.0.0.1/32 is this one address",
      /127\.0\.0\.0\/8/,
    ],
    ['log: { level: infoo }', /'log.level' is none of "trace"/, "did you mean 'info'?"],
    ['server: { port: "7420" }', "'server.port' must be integer", '0 takes any free port.'],
    ['packs: []', "'packs' must be object", /by pack code or npm package name/],
    ['- a', 'the value must be object', /What an operator decides/],
    ['workspaces: {}', /must NOT have fewer than 1/, /Absent means one/],
  ])('%s: says what is wrong and what to do', (text, message, hint) => {
    const [first, ...others] = load(text).diagnostics;
    expect(others).toEqual([]);
    expect(first?.message).toMatch(message);
    expect(first?.hint).toMatch(hint);
  });

  test('shows the source line with a caret', () => {
    const [diagnostic] = load('version: 1\nserver: { prot: 7420 }\n', 'conf/capstan.yaml').diagnostics;
    expect(diagnostic && formatDiagnostic(diagnostic)).toMatchInlineSnapshot(`
      "conf/capstan.yaml:2:11 - error CAPSTAN_SETTINGS_UNKNOWN_KEY: 'prot' is not a key of 'server'
        2 | server: { prot: ●●●●
          |           ^
        hint: Did you mean 'port'?"
    `);
  });

  test('a connection of a pack that is not enabled is a warning only', () => {
    const text = 'workspaces: { w: { packs: [abc], connections: [{ id: c, pack: abd, tool_type: t }] } }';
    const { settings, diagnostics } = load(text);
    expect(settings).toBeDefined();
    expect(diagnostics).toMatchObject([
      { severity: 'warning', code: 'CAPSTAN_SETTINGS_PACK_NOT_ENABLED', hint: "Did you mean 'abc'?" },
    ]);
  });

  test('names of connections are unique in a workspace, ids in the host', () => {
    const connection = (id: string, name?: string) =>
      `{ id: ${id}, pack: p, tool_type: t${name === undefined ? '' : `, name: ${name}`} }`;
    const workspace = (...connections: readonly string[]) => `{ packs: [p], connections: [${connections.join(', ')}] }`;
    const codesOf = (...workspaces: readonly string[]) =>
      load(`workspaces: { ${workspaces.map((text, index) => `w${index}: ${text}`).join(', ')} }`).diagnostics.map(
        ({ code }) => code,
      );
    const duplicate = ['CAPSTAN_SETTINGS_DUPLICATE_CONNECTION'];
    expect(codesOf(workspace(connection('a', 'n'), connection('b', 'n')))).toEqual(duplicate);
    expect(codesOf(workspace(connection('a'), connection('b', 'a')))).toEqual(duplicate);
    expect(codesOf(workspace(connection('a', 'b'), connection('b')))).toEqual(duplicate);
    expect(codesOf(workspace(connection('a')), workspace(connection('a')))).toEqual(duplicate);
    expect(codesOf(workspace(connection('a', 'n')), workspace(connection('b', 'n')))).toEqual([]);
  });

  test('a URL with references is judged only when they are resolved', () => {
    const urls = ['env:URL', '${URL}', 'http://${HOST}/', 'https://a.example', ''];
    const connections = urls.map(
      (url, index) => `{ id: c${index}, pack: p, tool_type: t, remote_cluster_url: '${url}' }`,
    );
    expect(load(`workspaces: { w: { packs: [p], connections: [${connections.join(', ')}] } }`).diagnostics).toEqual([]);
  });
});

describe('hostile files', () => {
  test('prototype keys are keys like others', () => {
    expect(findingsOf('__proto__: { polluted: true }\nconstructor: 1')).toEqual([
      '1:1 error UNKNOWN_KEY',
      '2:1 error UNKNOWN_KEY',
    ]);
    const config = settingsOf('packs: { constructor: { config: { __proto__: { a: 1 } } } }').packs.get(
      'constructor',
    )?.config;
    expect(JSON.stringify(config?.values)).toBe('{"__proto__":{"a":1}}');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test.each([
    ['a: [', 'YAML_SYNTAX'],
    ['version: 1\nversion: 1', 'YAML_DUPLICATE_KEY'],
    ['\u0000', 'YAML_NOT_TEXT'],
    ['x'.repeat(2 ** 21), 'YAML_TOO_LARGE'],
  ])('what is no usable YAML gives no settings (%#)', (text, code) => {
    const { settings, diagnostics } = load(text);
    expect(settings).toBeUndefined();
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain(`CAPSTAN_SETTINGS_${code}`);
  });
});
