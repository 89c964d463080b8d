/** What tells the series of one metric apart: names and values, in one order. */
export type LabelValues = readonly string[];

/** What a metric is called, and what tells its series apart. */
export interface MetricDescription {
  /** In Prometheus' form, such as `capstan_calls_total`. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** As OpenTelemetry calls it, with its unit (UCUM); absent: it is not sent there. */
  readonly otel?: { readonly name: string; readonly unit: string };
}

/** One series of a counter. */
export interface CounterSeries {
  readonly labels: LabelValues;
  readonly value: number;
}

/** One series of a histogram. `buckets` counts what is at most each bound, each value once; the last one is everything above. */
export interface HistogramSeries {
  readonly labels: LabelValues;
  readonly buckets: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** A metric as it is now. */
export type MetricSnapshot =
  | { readonly kind: 'counter' | 'gauge'; readonly of: MetricDescription; readonly series: readonly CounterSeries[] }
  | {
      readonly kind: 'histogram';
      readonly of: MetricDescription;
      /** Upper bounds, ascending. */
      readonly bounds: readonly number[];
      readonly series: readonly HistogramSeries[];
    };
