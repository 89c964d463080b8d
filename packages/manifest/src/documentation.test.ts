import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Diagnostic, formatDiagnostic, YAML_FINDING_KINDS } from '@capstan/schema';
import { describe, expect, test } from 'vitest';
import { MANIFEST_DIAGNOSTICS } from './diagnostic-codes.ts';
import { lintPack } from './lint/lint-pack.ts';
import { loadManifestFolder } from './load-manifest-folder.ts';

const page = (path: string): string => readFileSync(new URL(`../../../docs/${path}`, import.meta.url), 'utf8');

/** A heading of a page and the example under it. */
interface Section {
  readonly title: string;
  readonly example?: string;
}

function sectionsOf(text: string): readonly Section[] {
  return text
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const title = section.slice(0, section.indexOf('\n'));
      const example = /```yaml\n([\s\S]*?)```/.exec(section)?.[1];
      return example === undefined ? { title } : { title, example };
    });
}

function inPack<Result>(files: Readonly<Record<string, string>>, use: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-docs-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('docs/diagnostics.md', () => {
  // What a host says of declared calls and sources is held equal by the host's own test.
  const [own = ''] = page('diagnostics.md').split('\n## Declared calls and sources\n');
  const sections = sectionsOf(own);
  const inSource = [
    ...YAML_FINDING_KINDS.map((kind) => `CAPSTAN_MANIFEST_YAML_${kind}`),
    ...Object.keys(MANIFEST_DIAGNOSTICS),
  ];

  test('explains every code that there is, and no other', () => {
    expect(sections.map(({ title }) => title).toSorted()).toEqual(inSource.toSorted());
  });

  test('has an example of each, but for those that no short manifest shows', () => {
    expect(sections.filter(({ example }) => example === undefined).map(({ title }) => title)).toEqual([
      'CAPSTAN_MANIFEST_YAML_NOT_TEXT',
      'CAPSTAN_MANIFEST_YAML_TOO_DEEP',
      'CAPSTAN_MANIFEST_YAML_TOO_LARGE',
      'CAPSTAN_MANIFEST_NOT_FOUND',
      'CAPSTAN_MANIFEST_SEVERAL_FILES',
      'CAPSTAN_MANIFEST_FOREIGN_SCHEMA',
      'CAPSTAN_MANIFEST_TOO_MANY',
    ]);
  });

  const examples = sections.filter((section) => section.example !== undefined);
  test.each(examples)('$title: the example shows it, and nothing else', ({ title, example = '' }) => {
    const files = { 'manifest.yaml': example, ...BUILT, ...packageOf(title) };
    const diagnostics = inPack(files, (folder) => lintPack(folder, { capstanVersion: '0.1.0' }).diagnostics);
    expect(mainly(diagnostics)).toEqual([title]);
  });
});

/** The code that the examples name. */
const BUILT = {
  'src/tools.ts': '',
  'dist/tools.js': 'export const act = 1;\nexport const actAgain = 2;\n',
  'dist/common.cjs': 'module.exports = make();\n',
};

function packageOf(title: string): Readonly<Record<string, string>> {
  return title.endsWith('VERSION_MISMATCH') ? { 'package.json': '{ "version": "1.0.1" }' } : {};
}

/** The codes, without those that come with another: a bare tool of another dialect also does not say how it works. */
function mainly(diagnostics: readonly Diagnostic[]): readonly string[] {
  const codes = [...new Set(diagnostics.map(({ code }) => code))];
  const isBareTool = codes.includes('CAPSTAN_MANIFEST_NORMALISED_TOOL');
  return codes.filter((code) => !(isBareTool && code === 'CAPSTAN_MANIFEST_UNSUPPORTED_BACKEND'));
}

describe('docs/formats/manifest.md', () => {
  const text = page('formats/manifest.md');
  const examples = [...text.matchAll(/```yaml( another dialect)?\n([\s\S]*?)```/g)].map(
    ([, dialect, example = '']) => ({
      dialect,
      example,
    }),
  );

  test('has examples', () => {
    expect(examples.length).toBeGreaterThan(4);
  });

  test.each(examples)('an example loads: %#', ({ dialect, example }) => {
    const files = { 'manifest.yaml': example, 'schemas/order.json': '{ "type": "object" }', 'ui_schema.json': '{}' };
    const { manifest, diagnostics } = inPack(files, (folder) =>
      loadManifestFolder(folder, { strict: dialect === undefined, capstanVersion: '0.1.0' }),
    );
    expect(diagnostics.filter(({ severity }) => severity === 'error').map(formatDiagnostic)).toEqual([]);
    expect(manifest).toBeDefined();
  });

  test('names every key of a manifest and of a tool', () => {
    const schema: unknown = JSON.parse(
      readFileSync(new URL('../schema/manifest.schema.json', import.meta.url), 'utf8'),
    );
    for (const key of keysOf(schema)) expect(text, key).toContain(`\`${key}`);
  });
});

function keysOf(schema: unknown): readonly string[] {
  const { properties } = Object(schema);
  return [...Object.keys(properties), ...Object.keys(properties.tools.items.properties)].filter(
    (key) => key !== '$schema',
  );
}
