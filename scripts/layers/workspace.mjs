import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const GROUPS = ['packages', 'packs', 'apps'];
const SOURCE = /\.[cm]?[jt]sx?$/;
/** `x.test.ts`, `x.test.support.ts`, and folders of helpers that only tests import. */
const TEST = /\.test\.|\/(?:test-support|test-kit)\//;

/**
 * @typedef {object} SourceFile
 * @property {string} path relative to the root, with slashes
 * @property {boolean} isTest
 * @property {string} text
 *
 * @typedef {object} WorkspacePackage
 * @property {string} folder `packages/sdk`
 * @property {string} name
 * @property {Record<string, any>} json its package.json
 * @property {readonly SourceFile[]} files everything under src
 */

/** Reads every package of a repository with its sources. @returns {readonly WorkspacePackage[]} */
export function readWorkspace(root) {
  return GROUPS.flatMap((group) => foldersIn(join(root, group)).map((name) => `${group}/${name}`))
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => readPackage(root, folder));
}

function readPackage(root, folder) {
  const json = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  return { folder, name: json.name, json, files: sourcesIn(root, join(root, folder, 'src')) };
}

function sourcesIn(root, folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && SOURCE.test(entry.name))
    .map((entry) => {
      const absolute = join(entry.parentPath, entry.name);
      const path = relative(root, absolute).split(sep).join('/');
      return { path, isTest: TEST.test(path), text: readFileSync(absolute, 'utf8') };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function foldersIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** The versions of the catalog in pnpm-workspace.yaml: `name: version` lines under `catalog:`. */
export function readCatalog(root) {
  const path = join(root, 'pnpm-workspace.yaml');
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const block = /^catalog:\n((?:[ \t]+.*\n|\n)*)/m.exec(`${text}\n`)?.[1] ?? '';
  return new Map([...block.matchAll(/^\s+"?([^":\s]+)"?:\s*(\S+)/gm)].map(([, name, version]) => [name, version]));
}
