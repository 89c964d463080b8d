import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lintPack, loadManifestFolder, packReadme, packTable } from '@capstan/manifest';
import { formatDiagnostic } from '@capstan/schema';
import { describe, expect, test } from 'vitest';

const PACKS = resolve(import.meta.dirname, '../../../packs');
/** Its README teaches, in its own words. */
const TEMPLATE = 'example-remote-http-pack';
const folders = readdirSync(PACKS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(PACKS, entry.name, 'manifest.yaml')))
  .map(({ name }) => name);

function packageOf(name: string): { readonly [key: string]: unknown } {
  return JSON.parse(readFileSync(join(PACKS, name, 'package.json'), 'utf8'));
}

test('there are packs to look at', () => {
  expect(folders).toContain(TEMPLATE);
});

test('the table of packs in the README is made of their manifests (else: pnpm pack-docs)', () => {
  const listed = folders.flatMap((name) => {
    const { manifest } = loadManifestFolder(join(PACKS, name));
    return manifest ? [{ manifest, path: `packs/${name}` }] : [];
  });
  expect(readFileSync(join(PACKS, '../README.md'), 'utf8')).toContain(
    `<!-- packs -->\n\n${packTable(listed)}\n\n<!-- /packs -->`,
  );
});

describe.each(folders)('packs/%s', (name) => {
  const folder = join(PACKS, name);

  test('has nothing that the strict check would mend', () => {
    expect(lintPack(folder, { strict: true, displayPath: name }).diagnostics.map(formatDiagnostic)).toEqual([]);
  });

  test('tells an agent of each tool what it is for, what goes in and out, and shows it', () => {
    const tools = loadManifestFolder(folder).manifest?.tools ?? [];
    const silent = tools
      .filter(
        ({ description, dangerLevel, outputSchema, examples, annotations }) =>
          !/Use it|when /i.test(description) ||
          dangerLevel === undefined ||
          outputSchema === undefined ||
          examples.length === 0 ||
          annotations.readOnly === undefined,
      )
      .map((tool) => tool.name);
    expect(silent).toEqual([]);
  });

  test('can be published: a package that names Capstan by its registry version alone', () => {
    const { keywords, license, files, dependencies = {} } = packageOf(name);
    expect({ keywords, license }).toEqual({ keywords: ['capstan-pack'], license: 'MIT' });
    expect(files).toEqual(expect.arrayContaining(['manifest.yaml', 'ui_schema.json']));
    const own = Object.entries(dependencies as object).filter(([library]) => library.startsWith('@capstan/'));
    for (const [library, range] of own) {
      expect(['@capstan/sdk', '@capstan/sanitize']).toContain(library);
      expect(range).toBe('^0.1.0');
    }
  });

  if (name === TEMPLATE) return;
  test('has the README that its manifest makes (else: pnpm pack-docs)', () => {
    const { manifest } = loadManifestFolder(folder);
    if (!manifest) throw new Error('the manifest does not load');
    const readme = readFileSync(join(folder, 'README.md'), 'utf8');
    expect(readme).toBe(packReadme(manifest, { packageName: String(packageOf(name).name) }));
  });
});
