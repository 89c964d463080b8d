import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAULT_GRAMMAR, parseFaults } from './fault-grammar.ts';
import { planRandomFaults, seededRandom } from './faults.ts';

describe('a fault text', () => {
  it('may name every kind, in any order, with spaces', () => {
    const text =
      'latency=10-200:0.5, reset=0.1,drop=.05 ,truncate=0.05,status=503:0.2,status=429:0.1,retry_after=3,seed=9';
    expect(parseFaults(text)).toEqual({
      seed: 9,
      faults: {
        latency: { minMs: 10, maxMs: 200, probability: 0.5 },
        reset: 0.1,
        drop: 0.05,
        truncate: 0.05,
        statuses: [
          { status: 503, probability: 0.2 },
          { status: 429, probability: 0.1 },
        ],
        retryAfterS: 3,
      },
    });
  });

  it('defaults to certainty, and to no fault when it is empty', () => {
    expect(parseFaults('status=500').faults.statuses).toEqual([{ status: 500, probability: 1 }]);
    expect(parseFaults('latency=200').faults.latency).toEqual({ minMs: 200, maxMs: 200, probability: 1 });
    expect(parseFaults('').faults).toEqual({ reset: 0, drop: 0, truncate: 0, statuses: [] });
  });

  it.each([
    ['rest=0.1', "no fault 'rest'"],
    ['reset', "'' is no probability"],
    ['reset=1.5', "'1.5' is no probability"],
    ['reset=-1', "'-1' is no probability"],
    ['reset=0.1=2', 'more than one "="'],
    ['status=200', '200 is no error status'],
    ['status=503:0.1:2', 'more than one ":"'],
    ['status=abc', "'abc' is no whole number"],
    ['latency=9-2', 'runs backwards'],
    ['latency=1-2-3', 'runs backwards'],
    ['latency=1.5', "'1.5' is no whole number"],
    ['reset=0.6,status=503:0.6', 'add up to 1.2'],
  ])('%s is refused with the reason and the grammar', (text, reason) => {
    expect(() => parseFaults(text)).toThrow(reason);
    expect(() => parseFaults(text)).toThrow(FAULT_GRAMMAR);
  });

  it('either parses or throws an Error with the grammar, whatever it is', () => {
    const pieces = fc.constantFrom(
      'latency',
      'reset',
      'status',
      'seed',
      '=',
      ':',
      ',',
      '-',
      '0.1',
      '503',
      '1',
      ' ',
      'x',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          parseFaults(text);
        } catch (error) {
          expect(String(error)).toContain(FAULT_GRAMMAR);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('random faults', () => {
  it('come about as often as their probabilities say', () => {
    const { faults } = parseFaults('latency=100-200:0.25,reset=0.1,status=503:0.2');
    const plan = planRandomFaults(faults, seededRandom(3));
    const drawn = Array.from({ length: 20_000 }, (_, index) => plan({ tool: 't', number: index + 1 }));
    const share = (kind: string): number => drawn.filter(({ outcome }) => outcome.kind === kind).length / drawn.length;
    expect(share('reset')).toBeCloseTo(0.1, 1);
    expect(share('status')).toBeCloseTo(0.2, 1);
    expect(share('answer')).toBeCloseTo(0.7, 1);
    const waits = drawn.map(({ latencyMs }) => latencyMs).filter((ms) => ms > 0);
    expect(waits.length / drawn.length).toBeCloseTo(0.25, 1);
    expect(waits.every((ms) => ms >= 100 && ms <= 200)).toBe(true);
  });

  it('draw numbers in [0, 1)', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = seededRandom(seed);
        for (let draw = 0; draw < 10; draw += 1) {
          const number = random();
          expect(number >= 0 && number < 1).toBe(true);
        }
      }),
    );
  });
});
