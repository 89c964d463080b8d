import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ExampleFolder, exampleFolder } from './example-folder.test.support.ts';
import { fakeIo } from './fake-io.test.support.ts';
import { runCli } from './run-cli.ts';

let folder: ExampleFolder;

beforeEach(() => {
  folder = exampleFolder();
});

afterEach(() => folder.remove());

async function run(argv: readonly string[], cwd = folder.path) {
  const fake = fakeIo({ argv, cwd, env: { CI_KEY: 'key-of-the-build-of-the-test' } });
  return { code: await runCli(fake.io), out: fake.stdout(), err: fake.stderr() };
}

test.each([
  ['config', 'explain', 'ntoes'],
  ['pack', 'enable', 'ntoes'],
])('the pack that was meant is named: %s %s %s', async (...argv) => {
  const { code, err } = await run(argv);
  expect(code).toBe(3);
  expect(err).toContain('hint: Did you mean notes?');
});

test('in a folder without settings it says where it looked', async () => {
  const { code, out } = await run(['pack', 'list'], join(folder.path, 'packs'));
  expect(code).toBe(0);
  expect(out).toContain(`no capstan.yaml here (looked in ${join(folder.path, 'packs')})`);
});

test('what is misspelt in the settings stands in the list of packs, with what is missing beside it', async () => {
  folder.write(
    'capstan.yaml',
    `version: 1
discover: [./packs/*]
packs:
  notes: { config: { api_tokn: x, base_url: 7 } }
workspaces:
  default:
    packs: [notes]
    connections:
      - { id: main, pack: notes, tool_type: pw, connection_type: remote }
`,
  );
  const { out } = await run(['pack', 'list']);
  expect(out).toMatch(/warning: api_tokn \(.*capstan\.yaml:4:\d+\).*Did you mean "api_token"\?/u);
  expect(out).toMatch(
    /warning: connection main \(capstan\.yaml:9:\d+\): no tool of the pack is of the type "pw" \(Did you mean "wp"\?\)/u,
  );
  expect(out).toMatch(/CAPSTAN_CONFIG_INVALID: .*base_url/u);
  expect(out).toMatch(/^ +missing api_token\n +.*capstan\.yaml/mu);
});

test('a data folder that is a file is an error of the command line', async () => {
  const { code, err } = await run(['pack', 'list', '--data', 'capstan.yaml']);
  expect(code).toBe(2);
  expect(err).toContain('the data folder capstan.yaml is a file');
});
