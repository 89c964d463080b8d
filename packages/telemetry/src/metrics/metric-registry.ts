import type { CounterSeries, HistogramSeries, LabelValues, MetricDescription, MetricSnapshot } from './metric.ts';

/*
 * 1. A series is looked up once and kept by whoever counts; counting is an addition, and allocates nothing.
 * 2. A metric has at most MAX_SERIES series. What comes after that is counted in one series whose labels are all
 *    `_other`: names of tools come from strangers, and must not fill the memory of the host or of Prometheus.
 */
const MAX_SERIES = 1_000;
const OTHER = '_other';

/** Something that only grows. */
export class Counter {
  #value = 0;

  get value(): number {
    return this.#value;
  }

  add(amount = 1): void {
    this.#value += amount;
  }
}

/** How often something took how long. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #buckets: number[];
  #sum = 0;
  #count = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#buckets = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    let at = 0;
    for (const bound of this.#bounds) {
      if (value <= bound) break;
      at += 1;
    }
    this.#buckets[at] = (this.#buckets[at] ?? 0) + 1;
    this.#sum += value;
    this.#count += 1;
  }

  read(): Omit<HistogramSeries, 'labels'> {
    return { buckets: [...this.#buckets], sum: this.#sum, count: this.#count };
  }
}

/** The series of one metric. */
export class Family<Series> {
  readonly #make: () => Series;
  readonly #width: number;
  readonly #series = new Map<string, { readonly labels: LabelValues; readonly series: Series }>();

  constructor(width: number, make: () => Series) {
    this.#width = width;
    this.#make = make;
  }

  /** The series of these labels; of a new one beyond the limit, the one that stands for all others. */
  of(...labels: LabelValues): Series {
    const key = labels.join('\u0000');
    const known = this.#series.get(key);
    if (known !== undefined) return known.series;
    if (this.#series.size >= MAX_SERIES && labels[0] !== OTHER) return this.of(...labels.map(() => OTHER));
    if (labels.length !== this.#width) throw new RangeError(`${labels.length} labels, and ${this.#width} are declared`);
    const series = this.#make();
    this.#series.set(key, { labels, series });
    return series;
  }

  entries(): readonly { readonly labels: LabelValues; readonly series: Series }[] {
    return [...this.#series.values()];
  }
}

/** Everything that is counted in one process. */
export class MetricRegistry {
  readonly #read: (() => MetricSnapshot)[] = [];

  counter(of: MetricDescription): Family<Counter> {
    const family = new Family(of.labels.length, () => new Counter());
    this.#read.push(() => ({
      kind: 'counter',
      of,
      series: family.entries().map(({ labels, series }) => ({ labels, value: series.value })),
    }));
    return family;
  }

  /** @param bounds upper bounds, ascending */
  histogram(of: MetricDescription, bounds: readonly number[]): Family<Histogram> {
    const family = new Family(of.labels.length, () => new Histogram(bounds));
    this.#read.push(() => ({
      kind: 'histogram',
      of,
      bounds,
      series: family.entries().map(({ labels, series }) => ({ labels, ...series.read() })),
    }));
    return family;
  }

  /** Something that is looked at when it is asked for. `counter`: it only grows, and somebody else counts. */
  observe(of: MetricDescription, look: () => readonly CounterSeries[], kind: 'gauge' | 'counter' = 'gauge'): void {
    this.#read.push(() => ({ kind, of, series: look().slice(0, MAX_SERIES) }));
  }

  snapshot(): readonly MetricSnapshot[] {
    return this.#read.map((read) => read());
  }
}
