import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const ROOT = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

const ROW = /^\| (?<id>API\d+|MCP\d+) [^|]*\|[^|]*\|[^|]*\| (?<shown>[^|]*?) *\|$/gm;
const TEST = /`(?<path>[^`]+\.test\.ts)` > "(?<name>[^"]+)"/g;

test('docs/security.md has a row for each risk of the two lists, and every test that it names exists', () => {
  const rows = [...read('docs/security.md').matchAll(ROW)].map(({ groups }) => ({ ...groups }));
  expect(rows.map(({ id }) => id)).toEqual([
    ...Array.from({ length: 10 }, (_, index) => `API${index + 1}`),
    ...Array.from({ length: 10 }, (_, index) => `MCP${String(index + 1).padStart(2, '0')}`),
  ]);
  for (const { id, shown = '' } of rows) {
    const named = [...shown.matchAll(TEST)];
    expect(`${id}: ${named.length > 0 || shown.startsWith('Cannot apply: ')}`).toBe(`${id}: true`);
    for (const { groups } of named) {
      const { path = '', name = '' } = groups ?? {};
      const title = name.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
      expect(read(path)).toMatch(new RegExp(`(?:\\btest\\(|\\)\\(\\s*)(?:'${title}'|"${title}"),`));
    }
  }
});
