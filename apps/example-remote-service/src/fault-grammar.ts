import type { RandomFaults } from './faults.ts';

/** A fault text that was understood. */
export interface ParsedFaults {
  readonly faults: RandomFaults;
  /** The `seed=` entry, where there is one. */
  readonly seed?: number;
}

/** What the grammar allows, for a help text and for errors. */
export const FAULT_GRAMMAR: string = [
  'entries, separated by commas:',
  '  latency=MS | latency=MIN-MAX       wait so long first; both take :PROBABILITY (default 1)',
  '  reset=PROBABILITY                  cut the connection before anything is done',
  '  drop=PROBABILITY                   do the work, then cut the connection',
  '  truncate=PROBABILITY               do the work, then send half of the answer',
  '  status=CODE[:PROBABILITY]          answer this error status; may occur several times (default 1)',
  '  retry_after=SECONDS                send Retry-After with every status fault',
  '  seed=INTEGER                       repeat the same sequence of faults',
  'probabilities lie between 0 and 1; those of reset, drop, truncate and status add up to at most 1',
].join('\n');

/**
 * Reads a fault text such as `latency=200,reset=0.1,status=503:0.2`; see {@link FAULT_GRAMMAR}.
 *
 * @throws Error that quotes the entry and gives the grammar.
 */
export function parseFaults(text: string): ParsedFaults {
  const entries = text.split(',').map((entry) => entry.trim());
  let parsed: ParsedFaults = { faults: { reset: 0, drop: 0, truncate: 0, statuses: [] } };
  for (const entry of entries.filter((each) => each !== '')) parsed = withEntry(parsed, entry);
  const { reset, drop, truncate, statuses } = parsed.faults;
  const sum = statuses.reduce((total, { probability }) => total + probability, reset + drop + truncate);
  // Ten entries of 0.1 add up to a hair more than 1.
  if (sum > 1 + 1e-9) throw faultError(text, `the probabilities add up to ${sum}`);
  return parsed;
}

type Reader = (parsed: ParsedFaults, value: string, entry: string) => ParsedFaults;

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['latency', (parsed, value, entry) => withFaults(parsed, { latency: latencyOf(value, entry) })],
  ['reset', (parsed, value, entry) => withFaults(parsed, { reset: probabilityOf(value, entry) })],
  ['drop', (parsed, value, entry) => withFaults(parsed, { drop: probabilityOf(value, entry) })],
  ['truncate', (parsed, value, entry) => withFaults(parsed, { truncate: probabilityOf(value, entry) })],
  [
    'status',
    (parsed, value, entry) => withFaults(parsed, { statuses: [...parsed.faults.statuses, statusOf(value, entry)] }),
  ],
  ['retry_after', (parsed, value, entry) => withFaults(parsed, { retryAfterS: integerOf(value, entry) })],
  ['seed', (parsed, value, entry) => ({ ...parsed, seed: integerOf(value, entry) })],
]);

function withEntry(parsed: ParsedFaults, entry: string): ParsedFaults {
  const [name = '', value = '', ...rest] = entry.split('=');
  const reader = READERS.get(name);
  if (reader === undefined) throw faultError(entry, `there is no fault '${name}'`);
  if (rest.length > 0) throw faultError(entry, 'there is more than one "="');
  return reader(parsed, value, entry);
}

function withFaults(parsed: ParsedFaults, change: Partial<RandomFaults>): ParsedFaults {
  return { ...parsed, faults: { ...parsed.faults, ...change } };
}

function latencyOf(value: string, entry: string): NonNullable<RandomFaults['latency']> {
  const [range, probability] = splitProbability(value, entry);
  const [min = '', max = min, ...rest] = range.split('-');
  const latency = { minMs: integerOf(min, entry), maxMs: integerOf(max, entry), probability };
  if (rest.length > 0 || latency.maxMs < latency.minMs) throw faultError(entry, 'the range runs backwards');
  return latency;
}

function statusOf(value: string, entry: string): RandomFaults['statuses'][number] {
  const [code, probability] = splitProbability(value, entry);
  const status = integerOf(code, entry);
  if (status < 400 || status > 599) throw faultError(entry, `${status} is no error status (400 to 599)`);
  return { status, probability };
}

function splitProbability(value: string, entry: string): readonly [string, number] {
  const [head = '', probability = '1', ...rest] = value.split(':');
  if (rest.length > 0) throw faultError(entry, 'there is more than one ":"');
  return [head, probabilityOf(probability, entry)];
}

function integerOf(text: string, entry: string): number {
  if (!/^\d{1,9}$/.test(text)) throw faultError(entry, `'${text}' is no whole number`);
  return Number(text);
}

function probabilityOf(text: string, entry: string): number {
  const probability = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(probability >= 0 && probability <= 1)) throw faultError(entry, `'${text}' is no probability between 0 and 1`);
  return probability;
}

function faultError(entry: string, reason: string): Error {
  return new Error(`cannot read the fault '${entry}': ${reason}\n${FAULT_GRAMMAR}`);
}
