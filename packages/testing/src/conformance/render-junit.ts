import type { ConformanceReport, RequirementResult } from './report.ts';

/**
 * The report as JUnit XML, for CI systems. A `should` that fails is written as skipped with its reason: it does not make the
 * run red.
 */
export function renderJunit(report: ConformanceReport): string {
  const { results, url, durationMs, startedAt } = report;
  const failures = results.filter(isFailure).length;
  const skipped = results.filter((result) => result.verdict.status !== 'passed' && !isFailure(result)).length;
  const attributes = attributesOf({
    name: `capstan contract ${url}`,
    tests: results.length,
    failures,
    skipped,
    errors: 0,
    time: seconds(durationMs),
    timestamp: startedAt,
  });
  const cases = results.map(testCase).join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n  <testsuite ${attributes}>\n${cases}\n  </testsuite>\n</testsuites>\n`;
}

function isFailure({ level, verdict }: RequirementResult): boolean {
  return verdict.status === 'failed' && level !== 'should';
}

function testCase(result: RequirementResult): string {
  const { id, title, level, durationMs, verdict } = result;
  const attributes = attributesOf({
    classname: `contract.${level}`,
    name: `${id} ${title}`,
    time: seconds(durationMs),
  });
  if (verdict.status === 'passed') return `    <testcase ${attributes}/>`;
  const message = attributesOf({
    message: verdict.status === 'failed' && level === 'should' ? `recommended: ${verdict.reason}` : verdict.reason,
  });
  const name = isFailure(result) ? 'failure' : 'skipped';
  const sent = verdict.status === 'failed' ? verdict.sent : undefined;
  const detail = sent === undefined ? `<${name} ${message}/>` : `<${name} ${message}>sent ${escaped(sent)}</${name}>`;
  return `    <testcase ${attributes}>\n      ${detail}\n    </testcase>`;
}

function attributesOf(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escaped(String(value))}"`)
    .join(' ');
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** Characters that XML 1.0 cannot hold at all, escaped or not (section 2.2). */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
  '\r': '&#13;',
};

function escaped(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"\n\t\r]/g, (character) => ESCAPES[character] ?? character);
}
