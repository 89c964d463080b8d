import { expect, test } from 'vitest';
import { csvLine } from './csv.ts';

test('cells are quoted where they have to be, and are in their order', () => {
  expect(csvLine(['a', 1, undefined, null, { b: [true] }, 'say "hi", or\nnot'])).toBe(
    'a,1,,,"{""b"":[true]}","say ""hi"", or\nnot"\r\n',
  );
});

test.each(['=1+1', '+1', '-2', '@SUM(A1)', '\t=1', '\r=1'])('%j is text in a spreadsheet', (text) => {
  expect(csvLine([text])).toMatch(/^"?'/);
});

test('a number stays one', () => {
  expect(csvLine([-5])).toBe('-5\r\n');
});
