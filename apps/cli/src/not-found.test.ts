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
  const fake = fakeIo({ argv, cwd, env: { CI_KEY: 'k' } });
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

test('a data folder that is a file is an error of the command line', async () => {
  const { code, err } = await run(['pack', 'list', '--data', 'capstan.yaml']);
  expect(code).toBe(2);
  expect(err).toContain('the data folder capstan.yaml is a file');
});
