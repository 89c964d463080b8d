import type { ConnectionTestJson, ConnectionTestStepJson } from '../backend/views.ts';
import { oneLine } from './display-text.ts';
import type { Paint } from './paint.ts';
import type { Printer } from './printer.ts';
import { formatTable } from './table.ts';

const SIGNS: Readonly<Record<ConnectionTestStepJson['outcome'], string>> = { passed: '✓', failed: '✗', skipped: '·' };

/** A connection test as a person reads it: a line for each step, then what came of it and what to do. */
export function connectionTestText(report: ConnectionTestJson, { paint, width }: Printer): string {
  const table = formatTable(
    report.steps,
    [
      { title: '', cell: ({ outcome }) => SIGNS[outcome], paint: (text, { outcome }) => painted(text, outcome, paint) },
      { title: 'STEP', cell: ({ name }) => name, paint: (text) => paint.strong(text) },
      { title: 'MS', cell: ({ ms, outcome }) => (outcome === 'skipped' ? '' : String(Math.round(ms))) },
      {
        title: 'FOUND',
        cell: ({ detail, error }) => detail ?? error?.message ?? '',
        paint: (text, { outcome }) => (outcome === 'skipped' ? paint.quiet(text) : text),
        flexible: true,
      },
    ],
    { paint, ...(width === undefined ? {} : { width }) },
  );
  const head = `${report.connection}${report.url === undefined ? '' : `  ${report.url}`}`;
  return [oneLine(head), '', table, '', ...conclusion(report, paint)].join('\n');
}

function conclusion({ steps, status }: ConnectionTestJson, paint: Paint): readonly string[] {
  const words = status.replaceAll('_', ' ');
  const failed = steps.find(({ outcome }) => outcome === 'failed');
  if (failed?.error === undefined) return [paint.good(`✓ ${words}`)];
  const { code, message, hint } = failed.error;
  return [
    paint.bad(`✗ ${words}: it ends at ${failed.name} (${failed.reason ?? code})`),
    oneLine(message),
    `${paint.strong('hint:')} ${oneLine(hint)}`,
  ];
}

function painted(text: string, outcome: ConnectionTestStepJson['outcome'], paint: Paint): string {
  if (outcome === 'passed') return paint.good(text);
  return outcome === 'failed' ? paint.bad(text) : paint.quiet(text);
}
