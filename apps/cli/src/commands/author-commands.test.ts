import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startFakeService } from '@capstan/testing';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type ExampleFolder, exampleFolder } from '../example-folder.test.support.ts';
import { fakeIo } from '../fake-io.test.support.ts';
import { runCli } from '../run-cli.ts';

let folder: ExampleFolder;

beforeEach(() => {
  folder = exampleFolder();
});

afterEach(() => folder.remove());

async function capstan(...argv: string[]) {
  const fake = fakeIo({ argv, cwd: folder.path });
  return { code: await runCli(fake.io), out: fake.stdout(), err: fake.stderr() };
}

test.each(['http', 'remote'])('a new pack of kind %s is clean under --strict', async (kind) => {
  expect(await capstan('pack', 'new', 'order_desk', 'desk', '--kind', kind)).toMatchObject({ code: 0, err: '' });
  expect(await capstan('pack', 'validate', 'desk', '--strict')).toMatchObject({
    code: 0,
    out: '✓ order_desk 0.1.0: 1 tool, nothing to mend\n',
  });
  expect(JSON.parse(readFileSync(join(folder.path, 'desk/package.json'), 'utf8'))).toMatchObject({
    name: 'capstan-pack-order-desk',
    keywords: ['capstan-pack'],
  });
});

test('the example of a new remote pack runs against a stand-in', async () => {
  await capstan('pack', 'new', 'order_desk', '--kind', 'remote');
  const { code, out } = await capstan('pack', 'test', 'order-desk');
  expect({ code, out }).toEqual({
    code: 0,
    out: 'order_desk: 1 passed, 0 failed, 0 skipped against a stand-in, since no base_url was set (--set base_url=…)\n  ✓ order_desk.thing.get #1\n',
  });
});

test('a new pack with code has a tool that capstan serve would run, once it is built', async () => {
  await capstan('pack', 'new', 'words', '--kind', 'code');
  folder.write(
    'words/dist/tools.js',
    'export const countWords = () => ({ text }) => ({ words: text.split(" ").length });',
  );
  expect(await capstan('pack', 'validate', 'words', '--strict')).toMatchObject({ code: 0 });
  expect(await capstan('pack', 'test', 'words', '--json')).toMatchObject({
    code: 0,
    out: expect.stringContaining('"result":{"words":2}'),
  });
});

test('nothing is overwritten, and a code that is none is refused', async () => {
  folder.write('taken/x', '');
  expect((await capstan('pack', 'new', 'a', 'taken')).err).toContain('taken is not empty');
  expect((await capstan('pack', 'new', 'Bad')).err).toContain('no pack code');
});

test('an example that fails is told with its error and hint, exit code 6', async () => {
  await capstan('pack', 'new', 'order_desk', '--kind', 'remote');
  const service = await startFakeService({ 'thing.get': 'no object' });
  onTestFinished(() => service.close());
  const { code, out } = await capstan('pack', 'test', 'order-desk', '--set', `base_url=${service.url}`);
  expect(code).toBe(6);
  expect(out).toMatch(/✗ order_desk\.thing\.get #1\n {6}CAPSTAN_INVALID_OUTPUT: .*\n {6}hint: /);
});

test('the examples of our own packs run, as far as nobody has to configure them', async () => {
  const template = resolve(import.meta.dirname, '../../../../packs/example-remote-http-pack');
  const { code, out } = await capstan('pack', 'test', template);
  expect(out).toContain('example_remote_http: 5 passed, 0 failed, 0 skipped against a stand-in');
  expect(code).toBe(0);
});
