import { CapstanError, type JsonValue } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { outcomeReply, writeOutcome } from './wire-outcome.ts';

test('a result that cannot be written is a failure in our form, whatever carries it', () => {
  const value: JsonValue[] = [];
  value.push(value);
  const outcome = { status: 'succeeded', executionId: 'exe_1', result: { value } } as const;
  expect(JSON.parse(writeOutcome(outcome).json)).toMatchObject({
    execution_id: 'exe_1',
    status: 'failed',
    error: { code: 'CAPSTAN_INVALID_OUTPUT' },
  });
  expect(outcomeReply(outcome).status).toBeGreaterThanOrEqual(500);
});

test('nobody is told to wait longer than an hour, and a stranger writes no control characters', () => {
  const details = { retry_after_ms: Number.MAX_VALUE };
  const error = new CapstanError('CAPSTAN_REMOTE_RATE_LIMITED', 'later\u001b[2J\u202e', { details });
  const reply = outcomeReply({ status: 'failed', executionId: 'exe_1', error });
  expect(reply.headers?.['retry-after']).toBe('3600');
  expect(JSON.parse(reply.json ?? '')).toMatchObject({ error: { message: 'later[2J' } });
});
