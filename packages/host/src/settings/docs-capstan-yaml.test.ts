import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadSettings } from './host-settings.ts';
import { isMapping, membersOf } from './json-node.ts';
import { SETTINGS_CODES, SETTINGS_YAML_CODES } from './setting-finding.ts';
import { resolved, settingsSchema } from './settings-schema.ts';

const page = readFileSync(new URL('../../../../docs/formats/capstan-yaml.md', import.meta.url), 'utf8');

/** Files that no table can hold. */
const LARGE_EXAMPLES: Readonly<Record<string, string>> = {
  'a file with a NUL': 'version: 1\0',
  'a file of 200 brackets': `discover: ${'['.repeat(200)}${']'.repeat(200)}`,
  'a file of 2 MiB': '#'.repeat(2 * 1024 * 1024),
};

function codesOf(text: string): readonly string[] {
  return loadSettings({ path: 'capstan.yaml', text }).diagnostics.map(({ code }) => code);
}

/** The rows of the page's tables whose first cell is code, with their last cell. */
const rows = [...page.matchAll(/^\|[^\S\n]*`(?<name>[^`]+)`[^\S\n]*\|.*\|[^\S\n]*(?<last>.*?)[^\S\n]*\|$/gm)].map(
  ({ groups }) => ({
    name: groups?.name ?? '',
    example: (groups?.last ?? '').replace(/^`(.*)`$/, '$1'),
  }),
);
const codeRows = rows.filter(({ name }) => name.startsWith('CAPSTAN_'));

test('the page lists every diagnostic code, and no other', () => {
  expect(codeRows.map(({ name }) => name).toSorted()).toEqual([...SETTINGS_CODES, ...SETTINGS_YAML_CODES].toSorted());
});

test.each(codeRows)('$name is what its example earns', ({ name, example }) => {
  expect(codesOf(LARGE_EXAMPLES[example] ?? example)).toContain(name);
});

test('the example of the page is right', () => {
  const example = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? '';
  const { settings, diagnostics } = loadSettings({ path: 'capstan.yaml', text: example });
  expect(diagnostics).toEqual([]);
  expect([...(settings?.packs.keys() ?? [])]).toEqual(['example_remote_http']);
});

/** Every key of the schema, as the page writes it: `packs.<key>.from`, `keys[].name`. */
function keysIn(node: unknown, path: string): readonly string[] {
  if (!isMapping(node)) return [];
  const schema = resolved(node);
  const members = membersOf(schema.properties);
  if (schema.items !== undefined && isMapping(schema.items) && schema.items.$ref !== undefined) {
    const below = keysIn(schema.items, `${path}[]`);
    return below.length > 0 && below[0] !== `${path}[]` ? below : [path];
  }
  if (isMapping(schema.additionalProperties)) {
    const named = `${path}.<${path === 'packs' ? 'key' : 'id'}>`;
    return [named, ...keysIn(schema.additionalProperties, named)];
  }
  if (members.length === 0 || path.endsWith('rate_limit')) return [path];
  return members.flatMap(([key, member]) => keysIn(member, path === '' ? key : `${path}.${key}`));
}

test('the page has every key of the schema, and no other', () => {
  const documented = rows.map(({ name }) => name).filter((name) => !name.startsWith('CAPSTAN_'));
  expect(documented.toSorted()).toEqual([...new Set(keysIn(settingsSchema(), ''))].sort());
});
