import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { CapstanError, isCapstanError, toWireError } from './capstan-error.ts';
import { ERROR_CODES, type ErrorCodeEntry } from './error-codes.ts';

const entries = Object.entries<ErrorCodeEntry>(ERROR_CODES);

test.each(entries)('%s has a status, an exit code and a hint that is a sentence', (code, entry) => {
  expect(code).toMatch(/^CAPSTAN_[A-Z_]+$/);
  expect(entry.httpStatus).toBeGreaterThanOrEqual(400);
  expect(entry.exitCode).toBeGreaterThan(0);
  expect(entry.hint).toMatch(/^[A-Z].*\.$/);
});

test('docs/errors.md lists exactly the codes of the registry, as they are', () => {
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| `CAPSTAN_'))
    .map((line) => line.replaceAll(/ +/g, ' '));
  const expected = entries.map(
    ([code, { httpStatus, exitCode, retriable, hint }]) =>
      `| \`${code}\` | ${httpStatus} | ${exitCode} | ${retriable ? 'yes' : 'no'} | ${hint} |`,
  );
  expect(rows).toEqual(expected);
});

test('an error takes hint and retriable from its code, unless it knows better', () => {
  const plain = new CapstanError('CAPSTAN_REMOTE_TIMEOUT', 'no answer after 30 ms');
  expect(plain).toMatchObject({ retriable: true, hint: ERROR_CODES.CAPSTAN_REMOTE_TIMEOUT.hint, details: {} });
  const exact = new CapstanError('CAPSTAN_REMOTE_TIMEOUT', 'x', { retriable: false, hint: 'Wait.', cause: 'c' });
  expect(exact).toMatchObject({ retriable: false, hint: 'Wait.', cause: 'c' });
});

test('an error of another copy of this package is recognised, a lookalike is not', async () => {
  vi.resetModules();
  const copy = await import('./capstan-error.ts');
  const foreign = new copy.CapstanError('CAPSTAN_DENIED', 'no');
  expect(foreign).not.toBeInstanceOf(CapstanError);
  expect(isCapstanError(foreign)).toBe(true);
  expect(isCapstanError({ code: 'CAPSTAN_DENIED', message: 'no' })).toBe(false);
  Object.defineProperty(foreign, 'code', { value: 'CAPSTAN_OF_THE_FUTURE' });
  expect(isCapstanError(foreign)).toBe(false);
});

test('what goes to a caller has neither stack nor cause', () => {
  const error = new CapstanError('CAPSTAN_TOOL_FAILED', 'it failed', { cause: new Error('inner'), details: { a: 1 } });
  expect(toWireError(error, 'exe_1')).toEqual({
    code: 'CAPSTAN_TOOL_FAILED',
    message: 'it failed',
    hint: ERROR_CODES.CAPSTAN_TOOL_FAILED.hint,
    retriable: false,
    details: { a: 1 },
    execution_id: 'exe_1',
  });
});
