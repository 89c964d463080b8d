import { existsSync, readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';

/**
 * @typedef {object} TestCounts
 * @property {number} passed
 * @property {number} failed
 * @property {readonly string[]} skipped names, with their files
 */

/**
 * Reads what vitest's JSON reporter wrote. A run that broke in a way that no test shows (a file that cannot be loaded, an
 * unhandled rejection, a crash before the report) counts as one failure more: no count may look better than the run was.
 *
 * @param {string} path of the report
 * @param {{ root: string, isPassed: boolean }} run what vitest's exit code said
 * @returns {TestCounts}
 */
export function readTestReport(path, { root, isPassed }) {
  if (!existsSync(path)) return { passed: 0, failed: 1, skipped: [] };
  const { testResults: files } = JSON.parse(readFileSync(path, 'utf8'));
  const tests = files.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ status, fullName }) => ({ status, name: `${tidy(name, root)} > ${fullName}` })),
  );
  const count = (status) => tests.filter((test) => test.status === status).length;
  const brokenFiles = files.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = count('failed') + brokenFiles;
  return {
    passed: count('passed'),
    failed: failed === 0 && (!isPassed || tests.length === 0) ? 1 : failed,
    skipped: tests.filter(({ status }) => status !== 'passed' && status !== 'failed').map(({ name }) => name),
  };
}

function tidy(path, root) {
  return relative(root, path).split(sep).join('/');
}
