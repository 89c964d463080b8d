import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ExampleFolder, exampleFolder } from '../example-folder.test.support.ts';
import { fakeIo } from '../fake-io.test.support.ts';
import { runCli } from '../run-cli.ts';

let folder: ExampleFolder;

beforeEach(() => {
  folder = exampleFolder();
});

afterEach(() => folder.remove());

async function plan(...argv: string[]) {
  const fake = fakeIo({ argv: ['workflow', 'plan', ...argv], cwd: folder.path });
  return { code: await runCli(fake.io), out: fake.stdout(), err: fake.stderr() };
}

const STEPS =
  'steps:\n  - { id: a, tool: one }\n  - { id: b, tool: two, depends_on: [a] }\n  - { id: c, tool: two, depends_on: [a] }\n';

test('a workflow is printed level by level, or as a flowchart', async () => {
  folder.write('w.yaml', STEPS);
  expect(await plan('w.yaml')).toEqual({
    code: 0,
    out: 'level 1\n  a: one\nlevel 2, 2 steps side by side\n  b: two  (after a)\n  c: two  (after a)\n',
    err: '',
  });
  expect((await plan('w.yaml', '--mermaid')).out).toContain('flowchart TD\n');
  expect(JSON.parse((await plan('w.yaml', '--json')).out)).toMatchObject({
    valid: true,
    levels: [[{ id: 'a' }], [{}, {}]],
  });
});

test('what is wrong is the result, with exit code 2', async () => {
  folder.write('w.yaml', STEPS.replace('[a]', '[x]'));
  const { code, out } = await plan('w.yaml');
  expect(code).toBe(2);
  expect(out).toContain('w.yaml:3:38 - error CAPSTAN_WORKFLOW_UNKNOWN_STEP');
  expect((await plan('none.yaml')).code).toBe(2);
});
