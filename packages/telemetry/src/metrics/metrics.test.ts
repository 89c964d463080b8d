import { expect, test } from 'vitest';
import { MetricRegistry } from './metric-registry.ts';
import { prometheusText } from './prometheus-text.ts';

test('counters, gauges and histograms in the text format of Prometheus', () => {
  const registry = new MetricRegistry();
  const calls = registry.counter({ name: 'calls_total', help: 'Calls.\nBy tool.', labels: ['tool'] });
  calls.of('a"b\\c\nd').add();
  calls.of('x').add(2);
  registry.observe({ name: 'running', help: 'Now.', labels: [] }, () => [{ labels: [], value: 3 }]);
  const durations = registry.histogram({ name: 'seconds', help: 'Long.', labels: ['tool'] }, [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 7]) durations.of('x').observe(value);
  expect(prometheusText(registry.snapshot())).toBe(`# HELP calls_total Calls.\\nBy tool.
# TYPE calls_total counter
calls_total{tool="a\\"b\\\\c\\nd"} 1
calls_total{tool="x"} 2
# HELP running Now.
# TYPE running gauge
running 3
# HELP seconds Long.
# TYPE seconds histogram
seconds_bucket{tool="x",le="0.1"} 2
seconds_bucket{tool="x",le="1"} 3
seconds_bucket{tool="x",le="+Inf"} 4
seconds_sum{tool="x"} 7.65
seconds_count{tool="x"} 4
`);
});

test('names that strangers make up fill no memory: beyond a thousand they are counted together', () => {
  const registry = new MetricRegistry();
  const calls = registry.counter({ name: 'calls_total', help: 'Calls.', labels: ['tool', 'status'] });
  for (let n = 0; n < 5_000; n += 1) calls.of(`tool-${n}`, 'ok').add();
  expect(calls.entries().length).toBe(1_001);
  expect(calls.of('_other', '_other').value).toBe(4_000);
  expect(calls.of('tool-0', 'ok').value).toBe(1);
});

test('a series with other labels than were declared is a mistake of its author', () => {
  const calls = new MetricRegistry().counter({ name: 'calls_total', help: 'Calls.', labels: ['tool'] });
  expect(() => calls.of('a', 'b')).toThrow(RangeError);
});
