import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const page = readFileSync(new URL('../../../docs/embedding.md', import.meta.url), 'utf8');

test('the example of docs/embedding.md prints what stands below it', async () => {
  const example = /```ts\n(.*?)```/s.exec(page)?.[1] ?? '';
  const printed = /```text\n(.*?)```/s.exec(page)?.[1];
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@capstan/source', '--no-warnings', '--input-type=module-typescript', '--eval', example],
    { cwd: new URL('..', import.meta.url) },
  );
  expect(stdout).toBe(printed);
  expect(stderr).toMatch(/^app\S* succeeded after/m);
});
