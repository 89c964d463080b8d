// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in texts are the subject
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { propertyRun } from './property-run.test.support.ts';
import { describeReference, parseReferences } from './reference.ts';

test.each([
  ['plain text', { kind: 'literal' }],
  ['${config.base_url}/x', { kind: 'literal' }],
  ['${{ inputs.topic }}', { kind: 'literal' }],
  ['costs $5 {each}', { kind: 'literal' }],
  ['${}', { kind: 'literal' }],
  ['${unclosed', { kind: 'literal' }],
  ['env:API_TOKEN', { kind: 'variables', form: 'env', segments: [{ name: 'API_TOKEN' }] }],
  ['see env:API_TOKEN', { kind: 'literal' }],
  ['file:/run/secrets/x', { kind: 'file', path: '/run/secrets/x' }],
  ['${A}', { kind: 'variables', form: 'text', segments: [{ name: 'A' }] }],
  ['${A:x}', { kind: 'variables', form: 'text', segments: [{ name: 'A', fallback: ['x'] }] }],
  ['${A:-x}', { kind: 'variables', form: 'text', segments: [{ name: 'A', fallback: ['x'] }] }],
  ['${A:-}', { kind: 'variables', form: 'text', segments: [{ name: 'A', fallback: [] }] }],
  ['${A:--x}', { kind: 'variables', form: 'text', segments: [{ name: 'A', fallback: ['-x'] }] }],
  ['${A:-{"a":{}}}', { kind: 'variables', form: 'text', segments: [{ name: 'A', fallback: ['{"a":{}}'] }] }],
  [
    'http://${HOST}:${PORT_NUMBER:-80}/',
    {
      kind: 'variables',
      form: 'text',
      segments: ['http://', { name: 'HOST' }, ':', { name: 'PORT_NUMBER', fallback: ['80'] }, '/'],
    },
  ],
  [
    '${A:-${B:-x}y}',
    {
      kind: 'variables',
      form: 'text',
      segments: [{ name: 'A', fallback: [{ name: 'B', fallback: ['x'] }, 'y'] }],
    },
  ],
])('%s is understood', (text, parsed) => expect(parseReferences(text)).toEqual(parsed));

test.each([
  'env:',
  'env:MY-VAR',
  'env: X',
  'file:secrets/x',
  'file:',
  'file:///run/x',
  '${A:-x',
  '${A:-${B:-x}',
  '${A:'.repeat(40),
])('%s is refused, and the reason does not repeat it', (text) => {
  const parsed = parseReferences(text);
  expect(parsed.kind).toBe('malformed');
  expect(JSON.stringify(parsed)).not.toContain('MY-VAR');
});

test.each([
  ['env:A', 'env:A'],
  ['file:/run/secrets/x', 'file:/run/secrets/x'],
  ['Bearer ${A}', '…${A}'],
  ['${A:-geheim}', '${A:-…}'],
  ['${A:-x${B:-geheim}}', '${A:-…${B:-…}}'],
])('%s inside a secret is shown as %s', (text, shown) => expect(describeReference(text, true)).toBe(shown));

test('a reference outside a secret is shown as written', () => {
  expect(describeReference('https://${HOST:-localhost}/', false)).toBe('https://${HOST:-localhost}/');
  expect(describeReference('plain', false)).toBeUndefined();
});

test('any text whatever is parsed, and text without references is literal', () => {
  const pieces = fc.constantFrom(
    '${',
    '}',
    '${A}',
    '${A:-',
    '${B:',
    '{',
    'env:',
    'file:/',
    'x',
    '$',
    '\n',
    '__proto__',
  );
  const text = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (input) => {
      const parsed = parseReferences(input);
      if (!/\$\{|^env:|^file:/.test(input)) expect(parsed.kind).toBe('literal');
      if (parsed.kind === 'variables') expect(describeReference(input, false)).toBe(input);
    }),
    propertyRun('references'),
  );
});
