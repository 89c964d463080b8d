import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runCommand } from '../scripts/verify/run-command.mjs';
import { countAll, formatCounts, formatTable } from '../scripts/verify/summary.mjs';
import { readTestReport } from '../scripts/verify/test-report.mjs';

const ROOT = resolve(import.meta.dirname, '..');
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Runs the real vitest on these files and reads its report. */
async function countsOf(files: Readonly<Record<string, string>>): Promise<ReturnType<typeof readTestReport>> {
  const root = mkdtempSync(join(tmpdir(), 'verify-'));
  folders.push(root);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, name), content);
  const report = join(root, 'report.json');
  const args = [VITEST, 'run', '--root', root, '--globals', '--reporter=json', `--outputFile=${report}`];
  const isPassed = await new Promise<boolean>((done) => {
    execFile(process.execPath, args, { cwd: root }, (error) => done(error === null));
  });
  return readTestReport(report, { root, isPassed });
}

describe('the count of the tests', () => {
  it('is what vitest reports, with the names of what did not run', async () => {
    const counts = await countsOf({
      'a.test.js': "it('works', () => {}); it('fails', () => { throw new Error('no'); }); it.skip('waits', () => {});",
      'b.test.js': "describe('outer', () => { it.todo('comes later'); it('works', () => {}); });",
    });
    expect(counts).toEqual({
      passed: 2,
      failed: 1,
      skipped: ['a.test.js > waits', 'b.test.js > outer comes later'],
    });
  });

  it.each([
    ['a file that cannot be loaded', "import './nowhere.js';", 0],
    ['an error outside of the tests', "it('works', async () => { Promise.reject(new Error('lost')); });", 1],
    ['a file without tests', 'export {};', 0],
    ['a hook that fails', "afterAll(() => { throw new Error('no'); }); it('works', () => {});", 1],
  ])('has a failure for %s', async (_name, content, passed) => {
    expect(await countsOf({ 'a.test.js': content })).toEqual({ passed, failed: 1, skipped: [] });
  });

  it('has a failure when there is no report at all', () => {
    expect(readTestReport('/nowhere/report.json', { root: '/', isPassed: true })).toMatchObject({ failed: 1 });
  });
});

describe('the summary', () => {
  const tests = { passed: 10, failed: 1, skipped: ['a.test.ts > waits'] };
  const checks = [
    { name: 'format', isPassed: true, durationMs: 1200 },
    { name: 'lint', isPassed: false, durationMs: 300 },
  ];

  it('counts each check as one test', () => {
    expect(formatCounts(countAll(checks, tests))).toBe('11 passed, 2 failed, 1 skipped');
    expect(formatCounts({ passed: 3, failed: 0, skipped: 0 })).toBe('3 passed, 0 failed');
  });

  it('shows every check, and what was skipped by its name', () => {
    expect(formatTable(checks, tests, 4000)).toBe(
      [
        '  format  passed  (1.2 s)',
        '  lint    FAILED  (0.3 s)',
        '  tests   10 passed, 1 failed, 1 skipped  (4.0 s)',
        '  skipped: a.test.ts > waits',
      ].join('\n'),
    );
  });
});

describe('a check', () => {
  it('keeps the output of its program, and fails with it', async () => {
    const run = (script: string) => runCommand(['node', '-e', script], { root: ROOT });
    expect(await run('console.log(1); console.error(2)')).toEqual({ isPassed: true, output: '1\n2\n' });
    expect(await run('process.exit(3)')).toMatchObject({ isPassed: false });
    expect(await run("process.kill(process.pid, 'SIGKILL')")).toMatchObject({
      isPassed: false,
      output: expect.stringContaining('ended by SIGKILL'),
    });
    expect(await runCommand(['no-such-tool'], { root: ROOT })).toMatchObject({
      isPassed: false,
      output: expect.stringContaining('no-such-tool'),
    });
  });
});
