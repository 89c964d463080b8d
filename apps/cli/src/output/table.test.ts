import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fakeIo } from '../fake-io.test.support.ts';
import { cutToWidth, displayWidth, oneLine, plainText, wrapToWidth } from './display-text.ts';
import { createPaint } from './paint.ts';
import { formatTable } from './table.ts';

const plain = createPaint(fakeIo().io.stdout, {});
const columns = [
  { title: 'NAME', cell: (row: { name: string; about: string }) => row.name },
  { title: 'ABOUT', cell: (row: { name: string; about: string }) => row.about, flexible: true },
];

test('columns are aligned, wide characters included', () => {
  const rows = [
    { name: 'a', about: 'first' },
    { name: '日本', about: 'second' },
  ];
  expect(formatTable(rows, columns, { paint: plain })).toBe(['NAME  ABOUT', 'a     first', '日本  second'].join('\n'));
});

test('on a narrow terminal the flexible column gives way, and the others stay whole', () => {
  const rows = [{ name: 'example_remote_http', about: 'sends messages to people who wait for them' }];
  expect(formatTable(rows, columns, { paint: plain, width: 40 }).split('\n')).toEqual([
    'NAME                 ABOUT',
    'example_remote_http  sends messages to…',
  ]);
});

test('without a terminal nothing is cut', () => {
  const about = 'x'.repeat(500);
  expect(formatTable([{ name: 'a', about }], columns, { paint: plain })).toContain(about);
});

test('a cell cannot break its line or command the terminal', () => {
  const table = formatTable(
    [{ name: 'a\nb', about: '\u001b[2Jgone\u001b]0;title\u0007\u009b1m\r\u202eevil' }],
    columns,
    {
      paint: plain,
    },
  );
  expect(table.split('\n')).toHaveLength(2);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is the claim
  expect(table).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/u);
});

test('no text, however odd, survives with a control character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(plainText(text)).not.toMatch(/(?![\n\t])\p{Cc}/u);
      expect(oneLine(text)).not.toMatch(/\p{Cc}/u);
    }),
  );
});

test('a cut text is never wider than asked', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, columnCount) => {
      expect(displayWidth(cutToWidth(text, columnCount))).toBeLessThanOrEqual(columnCount);
    }),
  );
});

test('wrapping keeps every word', () => {
  expect(wrapToWidth('one two three', 8)).toEqual(['one two', 'three']);
  expect(wrapToWidth('a-very-long-word b', 5)).toEqual(['a-very-long-word', 'b']);
  expect(wrapToWidth('  ', 5)).toEqual([]);
});

test('colours appear on a terminal alone, and NO_COLOR turns them off', () => {
  const { io } = fakeIo({ terminalColumns: 80 });
  expect(createPaint(io.stdout, {}).good('x')).not.toBe('x');
  expect(createPaint(io.stdout, { NO_COLOR: '1' }).good('x')).toBe('x');
  expect(createPaint(io.stdout, { TERM: 'dumb' }).good('x')).toBe('x');
  expect(plain.good('x')).toBe('x');
});
