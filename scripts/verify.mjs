// `pnpm test`: everything there is to verify, also after a failure. The tests come last: some start the built command.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { NOT_INSTALLED } from './build.mjs';
import { listChecks } from './verify/checks.mjs';
import { runCommand } from './verify/run-command.mjs';
import { countAll, formatCounts, formatTable } from './verify/summary.mjs';
import { readTestReport } from './verify/test-report.mjs';

const ROOT = resolve(import.meta.dirname, '..');
const REPORT_FOLDER = join(ROOT, '.test-report');
const wantsSummary = process.argv.includes('--summary') || process.env.CAPSTAN_TEST_SUMMARY === '1';

rmSync(REPORT_FOLDER, { recursive: true, force: true });
if (!existsSync(join(ROOT, 'node_modules/.bin/vitest'))) {
  console.error(NOT_INSTALLED);
  process.exit(1);
}
mkdirSync(REPORT_FOLDER, { recursive: true });

const checks = [];
for (const { name, run } of listChecks({ root: ROOT, reportFolder: REPORT_FOLDER })) {
  checks.push(await report(name, run));
}

console.log('── tests');
const testsStarted = performance.now();
const reportPath = join(REPORT_FOLDER, 'vitest.json');
const { isPassed } = await runCommand(
  ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`],
  { root: ROOT, isStreamed: true },
);
const tests = readTestReport(reportPath, { root: ROOT, isPassed });

const counts = countAll(checks, tests);
console.log(`\n${formatTable(checks, tests, performance.now() - testsStarted)}`);
// For a caller that cannot have the last line: pnpm writes one of its own when a script fails.
writeFileSync(join(REPORT_FOLDER, 'summary.txt'), `${formatCounts(counts)}\n`);
if (wantsSummary) console.log(formatCounts(counts));
process.exitCode = counts.failed === 0 ? 0 : 1;

async function report(name, run) {
  process.stdout.write(`── ${name} … `);
  const started = performance.now();
  const { isPassed, output } = await run();
  const durationMs = performance.now() - started;
  console.log(`${isPassed ? 'passed' : 'FAILED'} (${(durationMs / 1000).toFixed(1)} s)`);
  if (!isPassed) console.log(output.trim());
  return { name, isPassed, durationMs };
}
