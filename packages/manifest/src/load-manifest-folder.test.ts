import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LoadManifestFolderOptions, loadManifestFolder } from './load-manifest-folder.ts';
import { brief, HEAD, withTool } from './loading.test.support.ts';
import type { ManifestLoading } from './pack-manifest.ts';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'capstan-pack-')), 'pack');
  mkdirSync(folder);
});
afterEach(() => rmSync(dirname(folder), { recursive: true }));

function loadWith(
  files: Readonly<Record<string, string | Uint8Array>>,
  options?: LoadManifestFolderOptions,
): ManifestLoading {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return loadManifestFolder(folder, { displayPath: 'packs/sample', ...options });
}

test('reads the manifest, its schemas, its form hints and the version of package.json', () => {
  const { manifest, diagnostics } = loadWith({
    'manifest.yaml': withTool('schema_path: ./schemas/in.json\noutput_schema: { schema_path: schemas/out.yaml }'),
    'schemas/in.json': '{ "type": "object", "required": ["a"] }',
    'schemas/out.yaml': 'type: string',
    'ui_schema.json': '{ "base_url": { "ui:title": "URL" } }',
    'package.json': '{ "version": "1.0.0" }',
  });
  expect(diagnostics).toEqual([]);
  expect(manifest).toMatchObject({
    uiSchema: { base_url: { 'ui:title': 'URL' } },
    tools: [{ inputSchema: { type: 'object', required: ['a'] }, outputSchema: { type: 'string' } }],
  });
  expect(manifest?.tools[0]?.position.path).toBe('packs/sample/manifest.yaml');
});

test.each(['manifest.yaml', 'manifest.yml', 'manifest.json'])('the manifest may be called %s', (name) => {
  const { manifest, diagnostics } = loadWith({ [name]: '{ "code": "a", "version": "1.0.0" }' });
  expect(diagnostics).toEqual([]);
  expect(manifest?.code).toBe('a');
});

test('of several manifests the first counts, with a warning', () => {
  const { manifest, diagnostics } = loadWith({ 'manifest.json': '{}', 'manifest.yml': HEAD });
  expect(manifest?.code).toBe('sample');
  expect(diagnostics).toMatchObject([
    { code: 'CAPSTAN_MANIFEST_SEVERAL_FILES', message: expect.stringContaining('manifest.json') },
  ]);
});

test('a folder without a manifest, and no folder, say so', () => {
  expect(loadWith({ 'readme.md': '' }).diagnostics).toMatchObject([
    {
      code: 'CAPSTAN_MANIFEST_NOT_FOUND',
      message: 'the folder holds no manifest',
      position: { path: 'packs/sample/manifest.yaml' },
    },
  ]);
  expect(loadManifestFolder(join(folder, 'nope')).diagnostics).toMatchObject([
    { code: 'CAPSTAN_MANIFEST_NOT_FOUND', message: 'there is no such folder' },
  ]);
});

test('problems of a schema in a file are told at their place in that file', () => {
  const { manifest, diagnostics } = loadWith({
    'manifest.yaml': withTool('schema_path: in.yaml'),
    'in.yaml': 'type: object\nproperties:\n  a: { type: strin }\n  b: { pattern: "(a)\\\\1" }\n',
  });
  expect(manifest).toBeUndefined();
  expect(diagnostics.map(({ position, code }) => [position.path, position.line, position.column, code])).toEqual([
    ['packs/sample/in.yaml', 3, 14, 'CAPSTAN_MANIFEST_SCHEMA_INVALID'],
    ['packs/sample/in.yaml', 4, 17, 'CAPSTAN_MANIFEST_SCHEMA_INVALID'],
  ]);
});

test.each([
  ['schema_path: ../secret.json', 'FILE_OUTSIDE 6:18'],
  ['schema_path: link.json', 'FILE_OUTSIDE 6:18'],
  ['input_schema: { schema_path: linked/secret.json }', 'FILE_OUTSIDE 6:34'],
  ['schema_path: nope.json', 'FILE_MISSING 6:18'],
  ['schema_path: list.json', 'SCHEMA_INVALID 1:1'],
  ['schema_path: broken.json', 'YAML_SYNTAX 1:3'],
  ['schema_path: binary.json', 'YAML_NOT_TEXT 1:1'],
  ['schema_path: in.json\ninput_schema: {}', 'SCHEMA_INVALID 6:18'],
  ['input_schema: { schema_path: in.json, type: object }', 'SCHEMA_INVALID 6:19'],
])('%s', (lines, expected) => {
  writeFileSync(join(dirname(folder), 'secret.json'), '{ "title": "secret" }');
  symlinkSync('../secret.json', join(folder, 'link.json'));
  symlinkSync('..', join(folder, 'linked'));
  const files = {
    'list.json': '[]',
    'broken.json': '{ ]',
    'in.json': '{}',
    'binary.json': Uint8Array.of(0xff, 0xfe, 0),
  };
  const { manifest, diagnostics } = loadWith({ ...files, 'manifest.yaml': withTool(lines) });
  expect(diagnostics.map(brief)).toEqual([expected]);
  expect(manifest).toBeUndefined();
  expect(JSON.stringify(diagnostics)).not.toContain('"secret"');
});

test('a manifest that is a link out of the folder is not read', () => {
  writeFileSync(join(dirname(folder), 'manifest.yaml'), HEAD);
  symlinkSync('../manifest.yaml', join(folder, 'manifest.yaml'));
  expect(loadManifestFolder(folder)).toMatchObject({ diagnostics: [{ code: 'CAPSTAN_MANIFEST_FILE_OUTSIDE' }] });
});

test('bytes that are not UTF-8 are told at their place', () => {
  const { diagnostics } = loadWith({ 'manifest.yaml': Buffer.from('code: a\nversion: \xe9\n', 'latin1') });
  expect(diagnostics.map(brief)).toEqual(['YAML_NOT_TEXT 2:10']);
});

test('form hints must be an object', () => {
  expect(
    loadWith({ 'manifest.yaml': `${HEAD}ui_schema: hints.json`, 'hints.json': '[]' }).diagnostics.map(brief),
  ).toEqual(['FILE_INVALID 1:1']);
});

test('with the folder at hand, a module that is there only as Python does not run here', () => {
  const manifest = withTool('backend: "sample.tools:act"');
  expect(loadWith({ 'manifest.yaml': manifest }).manifest?.tools[0]?.backend.kind).toBe('code');
  expect(loadWith({ 'tools.py': '' }).manifest?.tools[0]?.backend.kind).toBe('unsupported');
  expect(loadWith({ 'src/tools.ts': '' }).manifest?.tools[0]?.backend.kind).toBe('code');
});

test('a package.json that cannot be read is left to npm', () => {
  expect(loadWith({ 'manifest.yaml': HEAD, 'package.json': '{' }).diagnostics).toEqual([]);
});
