import { isCapstanError } from '@capstan/sdk';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answer, scriptedService } from './scripted-service.test.support.ts';
import { callOf, connectionTo, testAdapter } from './test-adapter.test.support.ts';

const RUNS = 1_000;

const envelope = fc.record(
  {
    success: fc.oneof(fc.boolean(), fc.jsonValue()),
    result: fc.jsonValue(),
    error: fc.oneof(
      fc.jsonValue(),
      fc.record({ code: fc.jsonValue(), message: fc.jsonValue(), details: fc.jsonValue(), retriable: fc.jsonValue() }),
    ),
    timestamp: fc.jsonValue(),
  },
  { requiredKeys: [] },
);

const wellFormed = fc
  .tuple(
    fc.integer({ min: 200, max: 599 }),
    fc.oneof(
      envelope.map((value) => JSON.stringify(value)),
      fc.json(),
      fc.string({ unit: 'binary' }),
    ),
    fc.constantFrom('application/json', 'text/html', 'application/problem+json', ''),
    fc.constantFrom('0', '1', '-1', '99999999999999999999', 'Thu, 01 Jan 2026 00:00:01 GMT', 'x'),
  )
  // These have no body, whatever the headers say.
  .filter(([status]) => status !== 204 && status !== 304)
  .map(([status, body, type, wait]) => answer(status, body, { 'content-type': type, 'retry-after': wait }));

const succeeding = fc
  .tuple(fc.integer({ min: 200, max: 203 }), fc.jsonValue())
  .map(([status, result]) => answer(status, { success: true, result }));

const hostile = fc.oneof(
  { weight: 1, arbitrary: succeeding },
  { weight: 3, arbitrary: wellFormed },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
);

test('any bytes with any status give a result or a typed error, never a crash', async () => {
  const seed = Date.now() % 2 ** 31;
  process.stdout.write(`property "any answer, remote": ${RUNS} runs, seed ${seed}\n`);
  const service = await scriptedService();
  const never = { failureThreshold: Number.POSITIVE_INFINITY, recoveryTimeoutMs: 1, successThreshold: 1 };
  const { adapter, clock, pauses } = testAdapter();
  let results = 0;
  await fc.assert(
    fc.asyncProperty(hostile, fc.boolean(), async (bytes, repeatable) => {
      service.play((socket) => socket.end(Buffer.from(bytes)));
      const policy = { repeatable, breaker: never, timeoutMs: 10_000 };
      // The pauses move the clock: a deadline that stood still would end all repetitions after the first few dozen cases.
      const context = { deadline: clock.now() + 60_000 };
      const outcome = await adapter.call(callOf(connectionTo(service.url), { policy, context })).then(
        (result) => ({ result }),
        (error: unknown) => ({ error }),
      );
      if ('result' in outcome) {
        expect(outcome.result).not.toBeUndefined();
        results += 1;
        return;
      }
      const { error } = outcome;
      if (!isCapstanError(error)) throw error;
      expect(error.code).toMatch(/^CAPSTAN_(?:REMOTE_|PAYLOAD_TOO_LARGE)/);
      expect(error.message.length).toBeLessThanOrEqual(2_000);
      expect(JSON.parse(JSON.stringify(error.details))).toBeTypeOf('object');
    }),
    { numRuns: RUNS, seed },
  );
  // Neither half of the adapter may have slept through the property.
  expect(results).toBeGreaterThan(RUNS / 20);
  expect(pauses.length).toBeGreaterThan(RUNS / 20);
});
