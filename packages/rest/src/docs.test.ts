import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readYaml } from '@capstan/schema';
import { expect, test } from 'vitest';
import { parseHttpBackend } from './backend/parse-http-backend.ts';

const PAGE = resolve(import.meta.dirname, '../../../docs/formats/http-tools.md');
const blocks = Array.from(readFileSync(PAGE, 'utf8').matchAll(/```yaml\n(.*?)```/gs), ([, text = '']) => text);

test('the page about the format has examples', () => {
  expect(blocks.length).toBeGreaterThan(8);
});

test.each(blocks)('an example of the page can be read: %s', (text) => {
  const reading = readYaml(text, { path: 'http-tools.md', codePrefix: 'DOCS' });
  expect(reading.diagnostics).toEqual([]);
  const backend = parseHttpBackend(reading.value);
  expect(backend.ok ? [] : backend.problems).toEqual([]);
});
