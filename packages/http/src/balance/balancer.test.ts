import { describe, expect, test } from 'vitest';
import { parseTarget } from '../egress-hosts.ts';
import { Endpoint } from '../endpoint/endpoint.ts';
import { Balancer } from './balancer.ts';
import { BALANCING_STRATEGIES, type BalancingStrategy, type Candidate } from './strategies.ts';

const POLICY = { failureThreshold: 1, recoveryTimeoutMs: 1_000, successThreshold: 1 };

function setUp(strategy: BalancingStrategy, weights: readonly number[] = [1, 1, 1]) {
  const time = { now: 1_000_000 };
  const clock = { now: () => time.now };
  let seed = 1;
  // A small generator of its own: the same draws in every run.
  const random = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const candidates = weights.map((weight, index): Candidate => {
    const url = `http://e${index}.example`;
    return { target: parseTarget(url, undefined), endpoint: new Endpoint({ key: url, pack: '' }, clock), weight };
  });
  const balancer = new Balancer({ strategy, clock, random });
  const count = (times: number): readonly number[] => {
    const counts = candidates.map(() => 0);
    for (let call = 0; call < times; call += 1) {
      const candidate = balancer.choose(candidates, undefined);
      const chosen = candidate ? candidates.indexOf(candidate) : -1;
      counts[chosen] = (counts[chosen] ?? 0) + 1;
    }
    return counts;
  };
  const eject = (index: number): void => {
    const breaker = candidates[index]?.endpoint.breaker;
    breaker?.failed(breaker.enter() ?? -1, POLICY, 'x');
  };
  return { time, candidates, balancer, count, eject };
}

test('round robin goes through all in turn', () => {
  expect(setUp('round_robin').count(300)).toEqual([100, 100, 100]);
});

test('random is even, weighted goes by the weights', () => {
  for (const share of setUp('random').count(3_000)) expect(Math.abs(share - 1_000)).toBeLessThan(120);
  const [one = 0, two = 0, seven = 0] = setUp('weighted', [1, 2, 7]).count(10_000);
  expect([one, two, seven].map((share) => Math.round(share / 1_000))).toEqual([1, 2, 7]);
});

test('least pending goes where the answer will probably come first: few calls, short times, much weight', () => {
  const { candidates, count, time } = setUp('least_pending');
  for (const [index, ms] of [10, 100, 10].entries()) candidates[index]?.endpoint.latency.observe(ms, time.now);
  const third = candidates[2]?.endpoint;
  if (third) third.pending = 5;
  expect(count(50)).toEqual([50, 0, 0]);
  expect(setUp('least_pending').count(30)).toEqual([10, 10, 10]);
});

test('an endpoint that was slow is tried again after a while', () => {
  const { candidates, count, time } = setUp('least_pending', [1, 1]);
  candidates[0]?.endpoint.latency.observe(5, time.now);
  candidates[1]?.endpoint.latency.observe(500, time.now);
  expect(count(10)).toEqual([10, 0]);
  time.now += 60_000;
  candidates[0]?.endpoint.latency.observe(5, time.now);
  expect(count(10)).toEqual([0, 10]);
});

describe('whatever the strategy', () => {
  test.each(BALANCING_STRATEGIES)('%s: an ejected endpoint is left out, and all being ejected is told', (strategy) => {
    const { count, eject, balancer, candidates } = setUp(strategy);
    eject(1);
    const [, none] = count(100);
    expect(none).toBe(0);
    eject(0);
    eject(2);
    expect(balancer.choose(candidates, undefined)).toBeUndefined();
  });

  test.each(BALANCING_STRATEGIES)('%s: one that may be back gets some calls, not its share', (strategy) => {
    const { count, eject, time } = setUp(strategy);
    eject(1);
    time.now += 1_000;
    const [, tried = 0] = count(1_000);
    expect(tried).toBeGreaterThan(50);
    expect(tried).toBeLessThan(200);
  });

  test.each(['round_robin', 'random', 'weighted'] as const)('%s: one that came back starts slowly', (strategy) => {
    const { count, eject, time, candidates } = setUp(strategy);
    eject(1);
    time.now += 1_000;
    const breaker = candidates[1]?.endpoint.breaker;
    breaker?.succeeded(breaker.enter() ?? -1, POLICY);
    const [, atFirst = 0] = count(3_000);
    time.now += 15_000;
    const [, halfWay = 0] = count(3_000);
    time.now += 15_000;
    const [, atLast = 0] = count(3_000);
    expect(atFirst).toBeLessThan(400);
    expect(halfWay).toBeGreaterThan(atFirst + 100);
    expect(atLast).toBeGreaterThan(850);
  });

  test.each(BALANCING_STRATEGIES)(
    '%s: the next attempt goes to one that was not tried, as long as there is one',
    (strategy) => {
      const { balancer, candidates } = setUp(strategy);
      const tried = new Set<Endpoint>();
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const chosen = balancer.choose(candidates, tried);
        expect(chosen !== undefined && !tried.has(chosen.endpoint)).toBe(true);
        if (chosen) tried.add(chosen.endpoint);
      }
      expect(balancer.choose(candidates, tried)).toBeDefined();
    },
  );
});
