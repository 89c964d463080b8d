import { hasErrors } from '@capstan/schema';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadSettings } from './host-settings.ts';
import { membersOf } from './json-node.ts';
import { settingsSchema } from './settings-schema.ts';

const RUNS = 1_000;

const words = [
  'version',
  'a',
  'default',
  '__proto__',
  'constructor',
  'system.x',
  'env:X',
  '',
  'id',
  'pack',
  'tool_type',
];
const keys = [...membersOf(settingsSchema().properties), ...membersOf(settingsSchema().$defs)].flatMap(
  ([key, schema]) => [
    key,
    ...membersOf(Object.getOwnPropertyDescriptor(schema, 'properties')?.value).map(([inner]) => inner),
  ],
);

const anyValue = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(...words, ...keys, 0, -1, 1.5, true, null, '127.0.0.0/8', 'https://a.example'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.constantFrom(...keys, ...words), tie('value')), { maxLength: 5 })
      .map((entries) => Object.fromEntries(entries)),
  ),
})).value;

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .array(
      fc.constantFrom(...keys, ':', ' ', '\n', '  ', '- ', '[', ']', '{', '}', '"', '&a', '*a', '!t', '|', '#', 'x'),
    )
    .map((parts) => parts.join('')),
  anyValue.map((value) => JSON.stringify(value)),
);

test('whatever a file holds, it is read or refused with a place, and never half read', () => {
  const seed = Date.now() ^ (Math.random() * 0x100000000);
  process.stdout.write(`property "any settings file": ${RUNS} runs, seed ${seed}\n`);
  fc.assert(
    fc.property(anyText, (text) => {
      const { settings, diagnostics } = loadSettings({ path: 'capstan.yaml', text });
      expect(settings === undefined).toBe(hasErrors(diagnostics));
      const lines = text.split(/\r\n|\r|\n/).length;
      for (const { position, code, hint, message } of diagnostics) {
        expect(position.line).toBeGreaterThanOrEqual(1);
        expect(position.line).toBeLessThanOrEqual(lines);
        expect(position.column).toBeGreaterThanOrEqual(1);
        expect(code).toMatch(/^CAPSTAN_SETTINGS_[A-Z_]+$/);
        expect(message).not.toBe('');
        expect(hint).not.toBe('');
      }
    }),
    { numRuns: RUNS, seed },
  );
});
