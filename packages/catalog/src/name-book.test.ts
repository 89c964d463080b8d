import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_EXPOSED_NAME_LENGTH } from './exposed-name.ts';
import { NameBook } from './name-book.ts';

const tool = (packCode: string, toolName: string) => ({ packCode, toolName });

test('a name leaves the pack code out where it is free, and takes it in where it is not', () => {
  const book = new NameBook();
  expect(book.nameOf(tool('line_pack', 'line.send_message'))).toBe('line_send_message');
  expect(book.nameOf(tool('other', 'line.send_message'))).toBe('other_line_send_message');
  expect(book.nameOf(tool('third', 'line_send_message'))).toBe('third_line_send_message');
});

test('a clash of the long form gets a hash, and the first owner keeps its name', () => {
  const book = new NameBook([['x.y', 'a_b_c']]);
  const first = book.nameOf(tool('a', 'b.c'));
  const second = book.nameOf(tool('a_b', 'c'));
  book.nameOf(tool('q', 'c'));
  expect(first).toBe('b_c');
  expect(second).toBe('c');
  expect(book.nameOf(tool('a', 'b_c'))).toMatch(/^a_b_c_[a-z2-7]{4}$/);
  expect(book.toolIdOf('a_b_c')).toBe('x.y');
});

test('long names are cut at a word and end in a hash', () => {
  const name = new NameBook().nameOf(tool('p', 'get_the_average_temperature_of_every_city_in_the_country'));
  expect(name).toMatch(/^get_the_average_temperature_of_every_[a-z2-7]{4}$/);
  expect(name.length).toBeLessThanOrEqual(MAX_EXPOSED_NAME_LENGTH);
});

test('whatever the tools are called, names are unique (also without case), legal, short, stable and reversible', () => {
  const part = fc.oneof(
    fc.string({ minLength: 1, maxLength: 70 }),
    fc.constantFrom('a.b', 'a_b', 'A_b', 'send', 'line.send', 'x'.repeat(80)),
  );
  fc.assert(
    fc.property(
      fc.array(fc.record({ packCode: fc.constantFrom('a', 'line', 'a_b'), toolName: part }), { maxLength: 40 }),
      (tools) => {
        const book = new NameBook();
        const names = new Map(tools.map((entry) => [`${entry.packCode}.${entry.toolName}`, book.nameOf(entry)]));
        expect(new Set([...names.values()].map((name) => name.toLowerCase())).size).toBe(names.size);
        for (const [toolId, name] of names) {
          expect(name).toMatch(/^[A-Za-z0-9_-]{1,45}$/);
          expect(book.toolIdOf(name)).toBe(toolId);
        }
        const again = new NameBook(book.entries());
        for (const entry of tools.toReversed())
          expect(again.nameOf(entry)).toBe(names.get(`${entry.packCode}.${entry.toolName}`));
      },
    ),
    { numRuns: 1000 },
  );
});

test('a name that was given elsewhere counts, and whoever had it here is given another', () => {
  const book = new NameBook();
  expect(book.nameOf(tool('mail', 'send'))).toBe('send');
  book.adopt('billing.send', 'send');
  expect(book.nameOf(tool('billing', 'send'))).toBe('send');
  expect(book.nameOf(tool('mail', 'send'))).toBe('mail_send');
  book.adopt('mail.send', 'post');
  expect(book.nameOf(tool('mail', 'send'))).toBe('post');
  expect(book.toolIdOf('mail_send')).toBeUndefined();
});
