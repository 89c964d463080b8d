import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CircuitBreaker, type CircuitEvent, DEFAULT_BREAKER } from './circuit-breaker.ts';
import { Endpoints } from './endpoint/endpoints.ts';

function breakerAt(start = 1_000) {
  const events: CircuitEvent[] = [];
  const time = { now: start };
  const breaker = new CircuitBreaker('http://a', { now: () => time.now }, (event) => events.push(event));
  return {
    breaker,
    events,
    time,
    /** One call, or `refused`. */
    call(outcome: 'succeeded' | 'failed' | 'abandoned'): string {
      const ticket = breaker.enter();
      if (ticket === undefined) return 'refused';
      if (outcome === 'failed') breaker.failed(ticket, DEFAULT_BREAKER, 'CAPSTAN_REMOTE_UNREACHABLE');
      else if (outcome === 'succeeded') breaker.succeeded(ticket, DEFAULT_BREAKER);
      else breaker.abandoned(ticket);
      return breaker.state.kind;
    },
  };
}

test('it opens after five failures in a row, and a success between them starts the count again', () => {
  const { call, breaker, events } = breakerAt();
  for (let count = 0; count < 4; count += 1) expect(call('failed')).toBe('closed');
  expect(call('succeeded')).toBe('closed');
  for (let count = 0; count < 4; count += 1) expect(call('failed')).toBe('closed');
  expect(call('failed')).toBe('open');
  expect(breaker.state).toEqual({ kind: 'open', since: 1_000, until: 61_000, reason: 'CAPSTAN_REMOTE_UNREACHABLE' });
  expect(events).toEqual([
    { endpoint: 'http://a', from: 'closed', to: 'open', at: 1_000, reason: 'CAPSTAN_REMOTE_UNREACHABLE' },
  ]);
});

test('open, it refuses at once and says for how long; after 60 s one call probes, and three successes close it', () => {
  const { call, breaker, events, time } = breakerAt();
  for (let count = 0; count < 5; count += 1) call('failed');
  time.now += 59_999;
  expect([call('succeeded'), breaker.retryAfterMs()]).toEqual(['refused', 1]);
  time.now += 1;
  expect(breaker.state.kind).toBe('open');
  expect(call('succeeded')).toBe('half_open');
  expect(call('succeeded')).toBe('half_open');
  expect(call('succeeded')).toBe('closed');
  expect(breaker.state).toEqual({ kind: 'closed', failures: 0 });
  expect(events.map(({ from, to }) => `${from} > ${to}`)).toEqual([
    'closed > open',
    'open > half_open',
    'half_open > closed',
  ]);
});

test('half open, surplus calls are refused at once, and a failing probe opens it for another 60 s', () => {
  const { call, breaker, time } = breakerAt();
  for (let count = 0; count < 5; count += 1) call('failed');
  time.now += 60_000;
  const probe = breaker.enter();
  expect(probe).toBeDefined();
  expect(breaker.enter()).toBeUndefined();
  expect(breaker.retryAfterMs()).toBeGreaterThan(0);
  breaker.failed(probe ?? -1, DEFAULT_BREAKER, 'x');
  expect(breaker.state).toMatchObject({ kind: 'open', until: time.now + 60_000 });
});

test('a probe that says nothing makes room for the next one', () => {
  const { call, breaker, time } = breakerAt();
  for (let count = 0; count < 5; count += 1) call('failed');
  time.now += 60_000;
  expect(call('abandoned')).toBe('half_open');
  expect(breaker.state).toEqual({ kind: 'half_open', successes: 0, probing: false });
  expect(call('succeeded')).toBe('half_open');
});

test('the outcome of a call from before the last change does not count', () => {
  const { call, breaker, time } = breakerAt();
  const early = [breaker.enter(), breaker.enter()];
  for (let count = 0; count < 5; count += 1) call('failed');
  breaker.succeeded(early[0] ?? -1, DEFAULT_BREAKER);
  expect(breaker.state.kind).toBe('open');
  time.now += 60_000;
  const probe = breaker.enter();
  breaker.failed(early[1] ?? -1, DEFAULT_BREAKER, 'late');
  expect(breaker.state).toEqual({ kind: 'half_open', successes: 0, probing: true });
  breaker.succeeded(probe ?? -1, DEFAULT_BREAKER);
  expect(breaker.state).toEqual({ kind: 'half_open', successes: 1, probing: false });
});

test('the thresholds are those of the call at hand', () => {
  const { breaker } = breakerAt();
  const strict = { failureThreshold: 1, recoveryTimeoutMs: 5, successThreshold: 1 };
  breaker.failed(breaker.enter() ?? -1, strict, 'x');
  expect(breaker.state).toMatchObject({ kind: 'open', until: 1_005 });
});

type Step = 'enter' | 'succeeded' | 'failed' | 'abandoned' | 'look' | number;

/** Plays a script of calls and pauses; `check` sees the breaker after every step. */
function play(script: readonly Step[], check: (breaker: CircuitBreaker, probes: number) => void): void {
  const { breaker, time } = breakerAt();
  const inside: { readonly ticket: number; readonly probe: boolean }[] = [];
  const leave = (report: (ticket: number) => void): void => {
    const call = inside.shift();
    if (call) report(call.ticket);
  };
  const actions = {
    enter: () => {
      const ticket = breaker.enter();
      if (ticket !== undefined) inside.push({ ticket, probe: breaker.state.kind === 'half_open' });
    },
    succeeded: () => leave((ticket) => breaker.succeeded(ticket, DEFAULT_BREAKER)),
    failed: () => leave((ticket) => breaker.failed(ticket, DEFAULT_BREAKER, 'x')),
    abandoned: () => leave((ticket) => breaker.abandoned(ticket)),
    look: () => {
      const before = breaker.state;
      expect([breaker.retryAfterMs() >= 0, breaker.state]).toEqual([true, before]);
    },
  };
  for (const step of script) {
    if (typeof step === 'number') time.now += step;
    else actions[step]();
    check(breaker, inside.filter(({ probe }) => probe).length);
  }
}

test('in any order of calls, at most one probes, and no count passes its threshold', () => {
  const step = fc.oneof(
    fc.constantFrom<Step>('enter', 'succeeded', 'failed', 'abandoned', 'look'),
    fc.integer({ min: 1, max: 70_000 }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (script) =>
      play(script, ({ state }, probes) => {
        expect(probes).toBeLessThanOrEqual(1);
        if (state.kind === 'closed') expect(state.failures).toBeLessThan(DEFAULT_BREAKER.failureThreshold);
        if (state.kind === 'half_open') expect(state.successes).toBeLessThan(DEFAULT_BREAKER.successThreshold);
      }),
    ),
    { numRuns: 1_000 },
  );
});

test('every endpoint has one breaker, and the untroubled ones are forgotten before there are too many', () => {
  const breakers = new Endpoints({ now: () => 0 });
  const troubled = breakers.of('http://troubled');
  troubled.breaker.failed(troubled.breaker.enter() ?? -1, DEFAULT_BREAKER, 'x');
  expect(breakers.of('http://troubled')).toBe(troubled);
  for (let count = 0; count < 2_500; count += 1) breakers.of(`http://host-${count}`);
  expect(breakers.views().length).toBeLessThanOrEqual(1_000);
  expect(breakers.views()).toContainEqual({
    pack: '',
    endpoint: 'http://troubled',
    state: { kind: 'closed', failures: 1 },
    counters: { calls: 1, failures: 1, rejected: 0, lastFailure: { at: 0, reason: 'x' } },
    retries: { granted: 0, refused: 0 },
    pending: 0,
  });
});

test('it counts calls, failures and refusals, and keeps when and why it failed last', () => {
  const { call, breaker, time } = breakerAt();
  call('succeeded');
  for (let count = 0; count < 5; count += 1) call('failed');
  time.now += 10;
  expect([call('succeeded'), call('succeeded')]).toEqual(['refused', 'refused']);
  expect(breaker.counters).toEqual({
    calls: 6,
    failures: 5,
    rejected: 2,
    lastFailure: { at: 1_000, reason: 'CAPSTAN_REMOTE_UNREACHABLE' },
  });
});

test('a probe from outside ends the wait of an open breaker, or prolongs it; a closed one it leaves alone', () => {
  const { call, breaker, time } = breakerAt();
  breaker.probed(true, DEFAULT_BREAKER);
  expect(breaker.state).toEqual({ kind: 'closed', failures: 0 });
  for (let count = 0; count < 5; count += 1) call('failed');
  time.now += 50_000;
  breaker.probed(false, DEFAULT_BREAKER);
  expect(breaker.retryAfterMs()).toBe(60_000);
  breaker.probed(true, DEFAULT_BREAKER);
  expect(call('succeeded')).toBe('half_open');
});
