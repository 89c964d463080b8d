import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ExampleFolder, exampleFolder } from '../example-folder.test.support.ts';
import { fakeIo } from '../fake-io.test.support.ts';
import { runCli } from '../run-cli.ts';

let folder: ExampleFolder;

beforeEach(() => {
  folder = exampleFolder();
});

afterEach(() => folder.remove());

async function validate(...argv: string[]) {
  const fake = fakeIo({ argv: ['pack', 'validate', ...argv], cwd: folder.path });
  return { code: await runCli(fake.io), out: fake.stdout(), err: fake.stderr() };
}

const CLEAN = `
code: clean
display_name: "Clean"
version: "1.0.0"
description: "Nothing wrong with it."
config:
  schema:
    - { name: base_url, type: string, required: true, env_var: CLEAN_URL, description: "Where it is." }
tools:
  - name: thing.list
    description: "Lists the things. Use it when somebody asks for things."
    danger_level: low
    input_schema: { type: object }
`;

test('a clean pack is one line, exit code 0', async () => {
  folder.write('packs/clean/manifest.yaml', CLEAN);
  expect(await validate('packs/clean', '--strict')).toEqual({
    code: 0,
    out: '✓ clean 1.0.0: 1 tool, nothing to mend\n',
    err: '',
  });
});

test('the manifest itself may be named', async () => {
  folder.write('packs/clean/manifest.yaml', CLEAN);
  expect((await validate('packs/clean/manifest.yaml')).code).toBe(0);
});

test('what a glob of the shell names beside packs is passed over, with a warning, also strictly', async () => {
  folder.write('packs/clean/manifest.yaml', CLEAN);
  folder.write('packs/clean.tsconfig.json', '{}');
  const { code, out, err } = await validate('packs/clean', 'packs/clean.tsconfig.json', '--strict');
  expect(code).toBe(0);
  expect(out).not.toContain('tsconfig');
  expect(err).toBe('! packs/clean.tsconfig.json is no pack folder: passed over\n');
  const alone = await validate('packs/clean.tsconfig.json');
  expect(alone.code).toBe(2);
  expect(alone.err).toContain('packs/clean.tsconfig.json is no pack folder and no manifest');
});

test('every finding comes with its place as the person named it, then a summary, exit code 2', async () => {
  folder.write('broken/manifest.yaml', 'code: Broken Pack\nversion: "1.0.0"\ntools:\n  - nme: x\n');
  const { code, out } = await validate('broken');
  expect(code).toBe(2);
  expect(out).toMatch(/^broken\/manifest\.yaml:1:7 - error CAPSTAN_MANIFEST_\w+: /mu);
  expect(out).toMatch(/✗ broken: .*\d errors?/u);
});

test('warnings fail only with --strict', async () => {
  folder.write('packs/clean/manifest.yaml', `${CLEAN}\ncolour: blue\n`);
  const lax = await validate('packs/clean');
  expect(lax.code).toBe(0);
  expect(lax.out).toMatch(/warning CAPSTAN_MANIFEST_UNKNOWN_KEY[\s\S]*! clean 1\.0\.0: 1 tool, 1 warning/u);
  expect((await validate('packs/clean', '--strict')).code).toBe(2);
});

test('several packs are checked in one go, and programs get them as JSON', async () => {
  folder.write('packs/clean/manifest.yaml', CLEAN);
  const { code, out } = await validate('packs/clean', 'nowhere', '--json');
  expect(code).toBe(2);
  expect(JSON.parse(out)).toMatchObject({
    items: [
      { path: 'packs/clean', valid: true, code: 'clean', tool_count: 1, diagnostics: [] },
      { path: 'nowhere', valid: false, diagnostics: [{ severity: 'error', code: 'CAPSTAN_MANIFEST_NOT_FOUND' }] },
    ],
  });
});

test('another schema can be asked for', async () => {
  folder.write('packs/clean/manifest.yaml', CLEAN);
  folder.write('schema.json', '{"required":["maintainer"]}');
  const { code, out } = await validate('packs/clean', '--schema', 'schema.json');
  expect(code).toBe(2);
  expect(out).toContain('maintainer');
});

test.each([
  { text: undefined, message: 'cannot read the schema schema.json' },
  { text: '{', message: 'cannot read the schema schema.json' },
  { text: '[]', message: 'schema.json is no JSON Schema' },
])('a schema that is none is an error: $text', async ({ text, message }) => {
  if (text !== undefined) folder.write('schema.json', text);
  const { code, err } = await validate('packs', '--schema', 'schema.json');
  expect(code).toBe(2);
  expect(err).toContain(message);
});
