import type { LabelValues, MetricSnapshot } from './metric.ts';

/** The content type of {@link prometheusText}. */
export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Metrics in Prometheus' text format, version 0.0.4. */
export function prometheusText(metrics: readonly MetricSnapshot[]): string {
  const lines: string[] = [];
  for (const metric of metrics) {
    const { name, help } = metric.of;
    lines.push(
      `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
      `# TYPE ${name} ${metric.kind}`,
    );
    lines.push(...(metric.kind === 'histogram' ? histogramLines(metric) : counterLines(metric)));
  }
  return `${lines.join('\n')}\n`;
}

function counterLines({ of, series }: Extract<MetricSnapshot, { kind: 'counter' | 'gauge' }>): readonly string[] {
  return series.map(({ labels, value }) => `${of.name}${labelText(of.labels, labels)} ${numberText(value)}`);
}

function histogramLines({ of, bounds, series }: Extract<MetricSnapshot, { kind: 'histogram' }>): readonly string[] {
  const names = [...of.labels, 'le'];
  return series.flatMap(({ labels, buckets, sum, count }) => {
    let below = 0;
    const lines = [...bounds, Number.POSITIVE_INFINITY].map((bound, index) => {
      below += buckets[index] ?? 0;
      return `${of.name}_bucket${labelText(names, [...labels, numberText(bound)])} ${below}`;
    });
    const own = labelText(of.labels, labels);
    return [...lines, `${of.name}_sum${own} ${numberText(sum)}`, `${of.name}_count${own} ${count}`];
  });
}

function labelText(names: readonly string[], values: LabelValues): string {
  if (names.length === 0) return '';
  const pairs = names.map((name, index) => `${name}="${escaped(values[index] ?? '')}"`);
  return `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}
