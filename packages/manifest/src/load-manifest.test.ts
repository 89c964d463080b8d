import { describe, expect, test } from 'vitest';
import { brief, findings, HEAD, load, manifestOf, said, toolOf, withTool } from './loading.test.support.ts';

const SEED_FORM = `
code: partner_tools
display_name: "Partner Tools"
version: "2.1.0"
type: system
description: "Tools of a partner's service"
config:
  schema:
    - name: base_url
      type: string
      required: true
      env_var: PARTNER_TOOLS_BASE_URL
      description: "Where the service runs"
    - name: api_token
      type: string
      required: true
      env_var: PARTNER_TOOLS_API_TOKEN
      secret: true
tools:
  - name: line.send_message
    provider: partner
    backend: "partner_tools.tools:line_send_message"
  - name: wp.publish_post
    provider: partner
`;

describe('a manifest of the seed form', () => {
  test('loads with no diagnostics, strictly too', () => {
    expect(load(SEED_FORM).diagnostics).toEqual([]);
    expect(load(SEED_FORM, { strict: true }).diagnostics).toEqual([]);
  });

  test('says who it is, and what it gives', () => {
    expect(manifestOf(SEED_FORM)).toMatchObject({
      code: 'partner_tools',
      displayName: 'Partner Tools',
      version: '2.1.0',
      type: 'system',
      description: "Tools of a partner's service",
      permissions: [],
      normalised: false,
      unknown: {},
      sources: {},
    });
  });

  test('its settings are the schema of an object', () => {
    expect(manifestOf(SEED_FORM).configSchema).toEqual({
      type: 'object',
      required: ['base_url', 'api_token'],
      properties: {
        base_url: { type: 'string', 'x-env': 'PARTNER_TOOLS_BASE_URL', description: 'Where the service runs' },
        api_token: { type: 'string', 'x-env': 'PARTNER_TOOLS_API_TOKEN', 'x-secret': true },
      },
    });
  });

  test('its tools have what every tool has, and their places', () => {
    const [line, wp] = manifestOf(SEED_FORM).tools;
    expect(line).toEqual({
      name: 'line.send_message',
      description: 'line.send_message (Partner Tools)',
      provider: 'partner',
      tags: [],
      aliases: [],
      examples: [],
      inputSchema: { type: 'object' },
      annotations: {},
      permissions: [],
      backend: {
        kind: 'code',
        declared: 'partner_tools.tools:line_send_message',
        module: 'tools',
        exportNames: ['line_send_message', 'lineSendMessage'],
      },
      position: { path: 'manifest.yaml', line: 20, column: 5 },
    });
    expect(wp?.backend).toEqual({ kind: 'remote', toolType: 'wp', action: 'publish_post', params: {}, context: [] });
  });
});

describe('our keys', () => {
  test('a pack says what it needs', () => {
    const manifest = manifestOf(`${HEAD}
manifest_version: 1
engines: { capstan: ">=0.1 <1" }
egress: ["\${config.base_url}", api.example.com, "*.example.com", "localhost:8080"]
permissions: [network_access, crm.read]
mcp_servers: { files: { command: files-server } }
ui_schema: { base_url: { ui:title: URL } }
`);
    expect(manifest).toMatchObject({
      engines: '>=0.1 <1',
      egress: ['${config.base_url}', 'api.example.com', '*.example.com', 'localhost:8080'],
      permissions: ['network_access', 'crm.read'],
      sources: { mcp_servers: { files: { command: 'files-server' } } },
      uiSchema: { base_url: { 'ui:title': 'URL' } },
    });
    expect(manifestOf(HEAD)).not.toHaveProperty('egress');
  });

  test('a tool says how it is shown, called and kept', () => {
    const tool = toolOf(`display_name: Act
description: Acts.
category: data
tags: [a, b]
aliases: [act]
examples: [{ n: 1 }]
input_schema: { type: object, properties: { camelCase: {}, snake_case: {} } }
output_schema: true
danger_level: high
annotations: { read_only: false, idempotent: true, open_world: true }
permissions: [email_send]
timeout_ms: 5000
deadline_ms: 20000
rate_limit: { limit: 5, window_ms: 1000, per: workspace }
retry: { max_retries: 1 }
breaker: { recoverY: 1, recovery_timeout_s: 2.5 }
cache: { ttl_s: 60, tags: [x] }
fallback: stale
remote: { tool_type: area, action: act, params: { max_items: 3 }, context: [locale], connection_param: channel_id }`);
    expect(tool).toEqual({
      name: 'area.act',
      displayName: 'Act',
      description: 'Acts.',
      category: 'data',
      tags: ['a', 'b'],
      aliases: ['act'],
      examples: [{ n: 1 }],
      inputSchema: { type: 'object', properties: { camelCase: {}, snake_case: {} } },
      outputSchema: true,
      dangerLevel: 'high',
      annotations: { readOnly: false, destructive: true, idempotent: true, openWorld: true },
      permissions: ['email_send'],
      timeoutMs: 5000,
      deadlineMs: 20_000,
      rateLimit: { limit: 5, windowMs: 1000, per: 'workspace' },
      retry: { maxRetries: 1, baseMs: 250, maxMs: 10_000 },
      breaker: { failureThreshold: 5, recoveryTimeoutMs: 2500, successThreshold: 3 },
      cache: { ttlS: 60, tags: ['x'] },
      fallback: 'stale',
      backend: {
        kind: 'remote',
        toolType: 'area',
        action: 'act',
        params: { max_items: 3 },
        context: ['locale'],
        connectionParam: 'channel_id',
      },
      position: { path: 'manifest.yaml', line: 5, column: 5 },
    });
  });

  test('a rate limit may be a number per minute', () => {
    expect(toolOf('rate_limit: 10').rateLimit).toEqual({ limit: 10, windowMs: 60_000, per: 'principal' });
  });

  test.each([
    ['', {}],
    ['danger_level: low', { readOnly: false, destructive: false }],
    ['danger_level: medium', { readOnly: false, destructive: false }],
    ['danger_level: critical', { readOnly: false, destructive: true }],
    ['danger_level: critical\nannotations: { destructive: false }', { readOnly: false, destructive: false }],
    ['annotations: { read_only: true }', { readOnly: true, destructive: false }],
  ])('annotations of %j are derived, and never read-only by themselves', (lines, annotations) => {
    expect(toolOf(lines).annotations).toEqual(annotations);
  });

  test('keys of the author are kept without a word, unknown ones with a warning', () => {
    const { manifest, diagnostics } = load(`${HEAD}x-team: a\nteam: b\ntools: [{ name: a.b, x-owner: c, owner: d }]\n`);
    expect(diagnostics.map(brief)).toEqual(['UNKNOWN_KEY 5:1', 'UNKNOWN_KEY 6:34']);
    expect(manifest?.unknown).toEqual({ 'x-team': 'a', team: 'b' });
    expect(manifest?.tools[0]?.unknown).toEqual({ 'x-owner': 'c', owner: 'd' });
  });

  test('a key that is nearly right gets a hint', () => {
    expect(said(withTool('input_shema: {}'))).toBe(
      "manifest.yaml:6:5 - warning CAPSTAN_MANIFEST_UNKNOWN_KEY: 'input_shema' is no key of tools.0\n" +
        '  6 |     input_shema: {}\n' +
        '    |     ^\n' +
        "  hint: did you mean 'input_schema'?",
    );
  });
});

describe('all problems at once', () => {
  test('of structure and of meaning, in the order of the file', () => {
    const text = `code: Sample
version: one
type: sytem
egress: ["https://api.example.com/x"]
config:
  schema: [{ name: base_url, type: strin }]
tools:
  - name: "a b"
    danger_level: extreme
    remote: { tool_type: a, params: { url: "\${config.bas_url}" } }
  - description: nameless
  - name: c
    http: { url: x, method: get }
    backend: "./c.js:c"
`;
    expect(findings(text)).toEqual([
      'VALUE 1:7',
      'VALUE 2:10',
      'VALUE 3:7',
      'VALUE 4:10',
      'VALUE 6:36',
      'VALUE 8:11',
      'VALUE 9:19',
      'MISSING_KEY 10:5',
      'REFERENCE_UNKNOWN 10:44',
      'MISSING_KEY 11:5',
      'VALUE 13:29',
      'BACKEND_CONFLICT 14:5',
    ]);
    expect(load(text)).not.toHaveProperty('manifest');
    expect(said(text)).toContain("hint: did you mean 'system'?");
    expect(said(text)).toContain("hint: did you mean '${config.base_url}'?");
  });

  test('strictly, everything is an error', () => {
    const text = 'id: a\nextra: 1\ntools: [b]\n';
    expect(load(text).manifest).toBeDefined();
    const { manifest, diagnostics } = load(text, { strict: true });
    expect(manifest).toBeUndefined();
    expect(diagnostics.map(({ severity }) => severity)).toEqual(diagnostics.map(() => 'error'));
    expect(diagnostics.map(brief)).toEqual(findings(text));
  });

  test('a flood is cut, and none of its errors is lost', () => {
    const keys = Array.from({ length: 2_000 }, (_, index) => `k${index}: 1`);
    const { manifest, diagnostics } = load(`${HEAD}${keys.join('\n')}\ntools: 5\n`);
    expect(manifest).toBeUndefined();
    expect(diagnostics).toHaveLength(501);
    expect(diagnostics.map(({ code }) => code)).toContain('CAPSTAN_MANIFEST_TOO_MANY');
  });

  test('paths of the manifest can be located afterwards', () => {
    const loading = load('id: a\ntools: [{ code: b }]\n');
    expect(loading.locate(['tools', 0, 'name'])).toEqual({ path: 'manifest.yaml', line: 2, column: 17 });
    expect(loading.locate(['code'])).toEqual({ path: 'manifest.yaml', line: 1, column: 5 });
  });
});

describe('what is no manifest', () => {
  test.each([
    ['', ['NOT_A_MANIFEST 1:1']],
    ['just text', ['NOT_A_MANIFEST 1:1']],
    ['- a\n- b', ['NOT_A_MANIFEST 1:1']],
    ['{ "name": "some-package", "version": "1.0.0" }', ['NOT_A_MANIFEST 1:1']],
    ['code: [', ['YAML_SYNTAX 1:8']],
    ['code: a\ncode: b\nversion: 1.0.0', ['YAML_DUPLICATE_KEY 2:1']],
    [`code: a\nversion: 1.0.0\ndescription: "${'x'.repeat(1024 * 1024)}"`, ['YAML_TOO_LARGE 1:1']],
  ])('%.30j', (text, expected) => {
    expect(findings(text)).toEqual(expected);
    expect(load(text).manifest).toBeUndefined();
  });
});

describe('versions', () => {
  test('the version is that of package.json', () => {
    expect(findings(HEAD, { packageVersion: '1.0.0' })).toEqual([]);
    expect(findings(HEAD, { packageVersion: '1.0.1' })).toEqual(['VERSION_MISMATCH 2:10']);
    expect(manifestOf('code: a\ntools: []', { packageVersion: '3.1.4' }).version).toBe('3.1.4');
  });

  test.each([
    ['">=0.1 <1"', '0.5.0', []],
    ['">=0.1 <1"', '0.5.0-beta.1', []],
    ['">=1"', '0.5.0', ['ENGINE_MISMATCH 4:21']],
    ['">=1"', undefined, []],
    ['banana', undefined, ['VALUE 4:21']],
  ])('engines %s against %s', (range, capstanVersion, expected) => {
    const options = capstanVersion === undefined ? {} : { capstanVersion };
    expect(findings(`${HEAD}engines: { capstan: ${range} }`, options)).toEqual(expected);
  });
});

describe('a foreign schema', () => {
  const foreignSchema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    required: ['owner'],
    properties: { code: { maxLength: 3 } },
  };

  test('is checked against the manifest as written, beside our own', () => {
    expect(findings(HEAD, { foreignSchema })).toEqual(['FOREIGN_SCHEMA 1:1', 'FOREIGN_SCHEMA 1:7']);
    expect(load(HEAD, { foreignSchema }).manifest).toBeUndefined();
    expect(findings('id: a\nowner: me\ntools: []', { foreignSchema })).not.toContain('FOREIGN_SCHEMA');
  });

  test('that is none is said', () => {
    expect(said(HEAD, { foreignSchema: JSON.parse('5') })).toContain('cannot be used: a schema is an object');
  });
});

test.each([
  ['yes', 'Write true, not yes.'],
  ['Off', 'Write false, not Off.'],
])('%s is no boolean of YAML 1.2, and the hint says what is', (written, hint) => {
  const { diagnostics } = load(`code: a\nversion: 1.0.0\nconfig: { schema: [{ name: b, required: ${written} }] }\n`);
  expect(diagnostics).toMatchObject([{ code: 'CAPSTAN_MANIFEST_TYPE', hint }]);
});
