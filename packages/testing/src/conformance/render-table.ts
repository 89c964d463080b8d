import type { ConformanceReport, RequirementResult } from './report.ts';

/** The report for people: a line for each requirement, reasons below their line, and the conclusion. No colours. */
export function renderTable(report: ConformanceReport): string {
  const { results, counts, conclusion, url, tool } = report;
  const width = Math.max(...results.map(({ id }) => id.length));
  const rows = results.flatMap((result) => row(result, width));
  return [
    `${url}${tool === undefined ? '' : `, called with ${tool}`}`,
    '',
    ...rows,
    '',
    `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped: ${CONCLUSIONS[conclusion]}`,
    '',
  ].join('\n');
}

const CONCLUSIONS: Readonly<Record<ConformanceReport['conclusion'], string>> = {
  conforms: 'the service conforms to the contract.',
  violates: 'the service does not conform to the contract.',
  incomplete: 'nothing fails, but not everything that must hold could be checked.',
};

function row({ id, title, level, verdict, source }: RequirementResult, width: number): readonly string[] {
  const mark = { passed: 'pass', failed: level === 'should' ? 'warn' : 'FAIL', skipped: 'skip' }[verdict.status];
  const line = `${mark}  ${id.padEnd(width)}  ${level.padEnd(8)}  ${title}`;
  const indent = ' '.repeat('pass'.length + 2 + width + 2);
  if (verdict.status === 'passed') return [line];
  if (verdict.status === 'skipped') return [`${line} (${visible(verdict.reason)})`];
  return [
    line,
    `${indent}${visible(verdict.reason)}`,
    ...(verdict.sent === undefined ? [] : [`${indent}sent ${visible(verdict.sent)}`]),
    `${indent}see docs/conformance.md#${id.toLowerCase()} and ${source}`,
  ];
}

/** Reasons quote a stranger's service: what it sends must not move the cursor or colour the terminal. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, '\ufffd');
}
