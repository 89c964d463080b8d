// `pnpm pack-docs`: the README of each pack, and the table of packs in the README, made of the manifests. A test holds them equal.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from './build.mjs';

const ROOT = resolve(import.meta.dirname, '..');
/** Its README teaches, in its own words. */
const TEMPLATE = 'example-remote-http-pack';

if (!(await build())) process.exit(1);
const { loadManifestFolder, packReadme, packTable } = await import('../packages/manifest/dist/index.js');

const packs = readdirSync(join(ROOT, 'packs')).filter((name) => existsSync(join(ROOT, 'packs', name, 'manifest.yaml')));
const listed = packs.map((name) => {
  const folder = join(ROOT, 'packs', name);
  const { manifest } = loadManifestFolder(folder);
  if (!manifest) throw new Error(`packs/${name} has no manifest that loads; run capstan pack validate packs/${name}`);
  if (name !== TEMPLATE) {
    const { name: packageName } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    writeFileSync(join(folder, 'README.md'), packReadme(manifest, { packageName }));
  }
  return { manifest, path: `packs/${name}` };
});
const readme = join(ROOT, 'README.md');
const text = readFileSync(readme, 'utf8');
const section = /(?<=<!-- packs -->\n\n)[\s\S]*?(?=\n\n<!-- \/packs -->)/;
writeFileSync(readme, text.replace(section, packTable(listed)));
