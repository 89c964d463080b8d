import type { ConformanceReport, RequirementResult } from './report.ts';

/** The report for programs, with names in snake_case. */
export function renderJson(report: ConformanceReport): string {
  const { url, tool, startedAt, durationMs, conclusion, counts, results } = report;
  const document = {
    url,
    ...(tool === undefined ? {} : { tool }),
    started_at: startedAt,
    duration_ms: Math.round(durationMs),
    conclusion,
    counts,
    results: results.map(toJson),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function toJson({ id, title, level, source, verdict, durationMs }: RequirementResult): object {
  return {
    id,
    title,
    level,
    source,
    status: verdict.status,
    ...(verdict.status === 'passed' ? {} : { reason: verdict.reason }),
    ...(verdict.status === 'failed' && verdict.sent !== undefined ? { sent: verdict.sent } : {}),
    ...(verdict.status === 'skipped' ? { skipped_because: verdict.kind } : {}),
    duration_ms: Math.round(durationMs),
  };
}
