import { CapstanError, ERROR_CODES, type ErrorCode, type JsonObject } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { reportFailure } from '../failure-report.ts';
import { fakeIo } from '../fake-io.test.support.ts';
import { createPrinter } from './printer.ts';
import { stateDetails } from './state-text.ts';

function told(code: ErrorCode, details: JsonObject): string {
  const fake = fakeIo();
  const style = { output: 'text', debug: false } as const;
  reportFailure(new CapstanError(code, 'it went wrong', { details }), createPrinter(fake.io, 'text'), style);
  return fake.stderr();
}

test('what the service itself answered stands on one short line', () => {
  const text = told('CAPSTAN_REMOTE_REFUSED', {
    remote_status: 422,
    remote_code: 'NO_SUCH_USER',
    remote_details: { user: 'U1\n', more: 'x'.repeat(1000) },
  });
  expect(text).toMatch(/^ {2}service: status 422, code NO_SUCH_USER, \{"user":"U1\\n".{0,300}…$/mu);
  expect(text).toContain('its reason stands above');
});

test('a wait is told in seconds', () => {
  const text = told('CAPSTAN_RATE_LIMITED', { retry_after_ms: 56_400 });
  expect(text).toContain('  try again in 57 s');
  expect(text).toContain('hint: Wait for 57 s, then call again.');
  expect(told('CAPSTAN_CIRCUIT_OPEN', { retry_after_ms: 900 })).toContain('call again after 1 s');
});

test('several connections: the option that chooses one', () => {
  const candidates = [
    { id: 'line-a', name: 'A' },
    { id: 'line-b', name: 'B' },
  ];
  const text = told('CAPSTAN_CONNECTION_AMBIGUOUS', { candidates });
  expect(text).toContain('  line-b B');
  expect(text).toMatch(/hint: .*--connection line-a$/mu);
});

test.each(Object.keys(ERROR_CODES) as ErrorCode[])('%s speaks of no field of the wire', (code) => {
  const { hint } = ERROR_CODES[code];
  const states = stateDetails({ kind: 'degraded', error: { code, message: 'm', hint, details: {}, retriable: true } });
  expect(`${told(code, {})}${states.join('\n')}`).not.toMatch(/details(?:\.| has)/u);
});

test('a degraded pack says what its service answered and when it is tried again', () => {
  const error = {
    code: 'CAPSTAN_REMOTE_UNAVAILABLE',
    message: 'failing',
    hint: 'Look there.',
    details: { remote_status: 503, retry_after_ms: 5000 },
    retriable: true,
  } as const;
  expect(stateDetails({ kind: 'degraded', error })).toEqual([
    'CAPSTAN_REMOTE_UNAVAILABLE: failing',
    'service: status 503',
    'try again in 5 s',
    'hint: Look there.',
  ]);
});
