import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { formatDiagnostic } from '@capstan/schema';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HEAD } from '../loading.test.support.ts';
import type { ManifestLoading } from '../pack-manifest.ts';
import { lintPack } from './lint-pack.ts';

// Put together here, so that this file holds nothing that looks like a credential.
const GITHUB = ['ghp', '0123456789abcdefghijABCDEFGHIJ'].join('_');
const RANDOM = ['zx81QbT93k', 'dLs0Qm2Pw7'].join('');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'capstan-pack-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function lint(files: Readonly<Record<string, string>>, strict = false): ManifestLoading {
  for (const [name, content] of Object.entries({ 'manifest.yaml': HEAD, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return lintPack(folder, { displayPath: 'p', strict });
}

function found(files: Readonly<Record<string, string>>): readonly string[] {
  return lint(files).diagnostics.map(
    ({ code, position: { path, line, column } }) => `${code.replace('CAPSTAN_', '')} ${path}:${line}:${column}`,
  );
}

describe('in the manifest', () => {
  test('addresses are told, but not those for people, made up, or declared', () => {
    const manifest = `code: sample
version: 1.0.0
description: "See https://docs.real-site.io"
egress: [api.fixed.io, "*.wild.io"]
config:
  schema:
    - { name: a, default: "https://tools.real-site.io/v1", placeholder: "https://you.real-site.io", help_url: "https://help.real-site.io" }
    - { name: b, default: "https://tools.example.com" }
tools:
  - { name: c, http: { url: "https://api.fixed.io/x" } }
  - { name: d, http: { url: "https://eu.wild.io:8443/x" } }
  - { name: e, http: { url: "http://10.1.2.3:8080/x" } }
`;
    expect(found({ 'manifest.yaml': manifest })).toEqual([
      'PACK_LITERAL_URL p/manifest.yaml:7:27',
      'PACK_LITERAL_URL p/manifest.yaml:12:29',
    ]);
  });

  test('credentials are told, and shown nowhere', () => {
    const manifest = `${HEAD}tools:
  - name: a
    description: "use ${GITHUB}"
    http:
      url: /x
      headers: { Authorization: "Bearer ${RANDOM}${RANDOM}", Accept: text/plain }
      query: { api_key: "${RANDOM}", key: your-api-key-goes-here-123 }
      body: { url: "https://me:${RANDOM}@real-site.io/x" }
`;
    const { diagnostics } = lint({ 'manifest.yaml': manifest });
    const text = diagnostics.map(formatDiagnostic).join('\n');
    expect(diagnostics.map(({ code, position }) => `${code} ${position.line}`)).toEqual([
      'CAPSTAN_PACK_LITERAL_SECRET 6',
      'CAPSTAN_PACK_LITERAL_SECRET 9',
      'CAPSTAN_PACK_LITERAL_SECRET 10',
      'CAPSTAN_PACK_LITERAL_SECRET 11',
      'CAPSTAN_PACK_LITERAL_URL 11',
    ]);
    for (const secret of [GITHUB, RANDOM]) expect(text).not.toContain(secret);
    expect(text).toContain('"use ●●●●"');
  });

  test('the default of a setting is a value of that name', () => {
    const setting = `{ name: access_key, secret: false, default: ${RANDOM} }`;
    expect(found({ 'manifest.yaml': `code: a\nversion: 1.0.0\nconfig: { schema: [${setting}] }` })).toHaveLength(1);
  });

  test('examples and defaults are checked against their schemas', () => {
    const manifest = `code: a
version: 1.0.0
config: { schema: [{ name: port, type: integer, maximum: 9, default: 10 }] }
tools:
  - name: b
    backend: "./b.js:b"
    input_schema: { properties: { n: { type: integer } } }
    examples: [{ n: 1 }, { n: x }]
`;
    expect(found({ 'manifest.yaml': manifest, 'b.js': 'export const b = 1;' })).toEqual([
      'MANIFEST_CONFIG_DEFAULT p/manifest.yaml:3:70',
      'PACK_EXAMPLE p/manifest.yaml:8:31',
    ]);
  });
});

describe('the code that tools name', () => {
  const manifest = (backend: string): string =>
    `code: sample\nversion: 1.0.0\ntools:\n  - { name: a, backend: "${backend}" }\n`;
  const lintCode = (backend: string, files: Readonly<Record<string, string>>): readonly string[] =>
    lint({ 'manifest.yaml': manifest(backend), ...files }).diagnostics.map(({ code, hint }) => `${code}: ${hint}`);

  test('a pack that is not built is told to be', () => {
    const [told, ...others] = lintCode('./dist/tools.js:send', { 'src/tools.ts': 'export const send = 1;' });
    expect(told).toMatch(/^CAPSTAN_PACK_BACKEND_FILE: Build the pack first/);
    expect(others).toEqual([]);
  });

  test.each([
    'export const send = 1;',
    'export async function send() {}',
    'export function* send() {}',
    'export abstract class send {}',
    'const a = 1;export{a as send};',
    'const send = 1;\nexport {\n  other,\n  send,\n};',
    "export { send } from './other.js';",
    "export * from './other.js';",
    "export * as send from 'somewhere';",
    'export const other = 1;\nexport const sendMessage = 2, send = 3;\nexport { send };',
  ])('an export is seen: %s', (code) => {
    expect(lintCode('./tools.js:send', { 'tools.js': code, 'other.js': 'export const send = 1;' })).toEqual([]);
  });

  test.each([
    ['export const sned = 1;', "CAPSTAN_PACK_BACKEND_EXPORT: did you mean 'sned'?"],
    ['const send = 1;\n// export const send = 1;', 'CAPSTAN_PACK_BACKEND_EXPORT: It exports nothing.'],
    ["export * from './other.js';", 'CAPSTAN_PACK_BACKEND_EXPORT: It exports quite.'],
  ])('an export that is not there is told: %s', (code, said) => {
    expect(lintCode('./tools.js:send', { 'tools.js': code, 'other.js': 'export const quite = 1;' })).toEqual([said]);
  });

  test.each([
    'module.exports = make();',
    "export * from 'somewhere';",
    'export const { send } = make();',
    'export const a = 1, send = 2;',
  ])('where exports do not show, it is a warning: %s', (code) => {
    expect(lint({ 'manifest.yaml': manifest('./tools.js:send'), 'tools.js': code }).diagnostics).toMatchObject([
      { code: 'CAPSTAN_PACK_BACKEND_UNSEEN', severity: 'warning' },
    ]);
  });

  test('a name in snake case finds its export in camel case, wherever the host looks for the module', () => {
    expect(lintCode('sample.tools:send_it', { 'src/tools.ts': 'export const sendIt: Tool = make();' })).toEqual([]);
  });
});

describe('in code', () => {
  test('addresses and credentials in texts are told at their place, comments and documentation are not looked at', () => {
    const script = `// https://docs.real-site.io
/* 'https://old.real-site.io' */
const url = "https://tools.real-site.io/x"; const local = \`http://localhost:80/\${id}\`;
const apiKey: string = '${RANDOM}', other = '${GITHUB}';
const it = "it's", svg = 'http://www.w3.org/2000/svg', quoted = "\\"https://a.real-site.io";
`;
    const python = `"""Docs: https://docs.real-site.io"""
URL = "https://tools.real-site.io"  # "https://no.real-site.io"
TOKEN = '${RANDOM}'
`;
    expect(found({ 'src/tools.ts': script, 'tools.py': python })).toEqual([
      'PACK_LITERAL_URL p/src/tools.ts:3:14',
      'PACK_LITERAL_URL p/src/tools.ts:3:60',
      'PACK_LITERAL_SECRET p/src/tools.ts:4:25',
      'PACK_LITERAL_SECRET p/src/tools.ts:4:57',
      'PACK_LITERAL_URL p/src/tools.ts:5:68',
      'PACK_LITERAL_URL p/tools.py:2:8',
      'PACK_LITERAL_SECRET p/tools.py:3:10',
    ]);
    const text = lint({ 'src/tools.ts': script }).diagnostics.map(formatDiagnostic).join('\n');
    for (const secret of [GITHUB, RANDOM]) expect(text).not.toContain(secret);
  });

  test('the caret stays under its place when something before it is masked', () => {
    const { diagnostics } = lint({ 'a.js': `const token = '${RANDOM}'; const u = 'https://a.real-site.io';` });
    const [line, caret] = diagnostics[1]?.frame?.split('\n') ?? [];
    expect(line?.slice(caret?.indexOf('^'))).toBe("https://a.real-site.io';");
  });

  test('what is built, installed, hidden, a test, or outside is not looked at', () => {
    const content = "const url = 'https://tools.real-site.io';";
    const names = [
      'node_modules/x/a.js',
      'dist/a.js',
      '.hidden/a.js',
      'tests/a.ts',
      'src/a.test.ts',
      'src/a.d.ts',
      'test_a.py',
      'README.md',
    ];
    const elsewhere = mkdtempSync(join(tmpdir(), 'capstan-else-'));
    writeFileSync(join(elsewhere, 'a.js'), content);
    symlinkSync(elsewhere, join(folder, 'linked'));
    symlinkSync(join(elsewhere, 'a.js'), join(folder, 'b.js'));
    expect(found(Object.fromEntries(names.map((name) => [name, content])))).toEqual([]);
    rmSync(elsewhere, { recursive: true });
  });

  test('strictly, a finding is an error', () => {
    const { manifest, diagnostics } = lint({ 'a.js': "const url = 'https://tools.real-site.io';" }, true);
    expect(diagnostics).toMatchObject([{ severity: 'error' }]);
    expect(manifest).toBeUndefined();
  });

  test('a large file of one line takes no time that grows with its square', () => {
    expect(found({ 'a.js': `x=[${"'a',".repeat(200_000)}'https://tools.real-site.io']` })).toHaveLength(1);
  });
});

test('the template pack of this repository is clean, strictly', () => {
  const template = new URL('../../../../packs/example-remote-http-pack', import.meta.url).pathname;
  expect(lintPack(template, { strict: true }).diagnostics.map(formatDiagnostic)).toEqual([]);
});
