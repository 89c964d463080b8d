/**
 * @typedef {object} CheckResult
 * @property {string} name
 * @property {boolean} isPassed
 * @property {number} durationMs
 *
 * @typedef {import('./test-report.mjs').TestCounts} TestCounts
 */

/**
 * Everything counted: each test, and each check as one.
 *
 * @param {readonly CheckResult[]} checks without the tests
 * @param {TestCounts} tests
 */
export function countAll(checks, tests) {
  const passedChecks = checks.filter(({ isPassed }) => isPassed).length;
  return {
    passed: tests.passed + passedChecks,
    failed: tests.failed + checks.length - passedChecks,
    skipped: tests.skipped.length,
  };
}

/** `12 passed, 0 failed`, and `, 1 skipped` where there is any. */
export function formatCounts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** A line for each check, and the names of the skipped tests. */
export function formatTable(checks, tests, testsDurationMs) {
  const rows = [
    ...checks.map(({ name, isPassed, durationMs }) => [name, isPassed ? 'passed' : 'FAILED', durationMs]),
    ['tests', formatCounts({ ...tests, skipped: tests.skipped.length }), testsDurationMs],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(
    ([name, result, durationMs]) => `  ${name.padEnd(width)}  ${result}  (${(durationMs / 1000).toFixed(1)} s)`,
  );
  return [...lines, ...tests.skipped.map((name) => `  skipped: ${name}`)].join('\n');
}
