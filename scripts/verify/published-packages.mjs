import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readWorkspace } from '../layers/workspace.mjs';
import { runCommand } from './run-command.mjs';

const AT_ONCE = 2;

/** A manifest is exported as data; it has no types to be wrong. */
const ATTW_OPTIONS = [
  '--profile',
  'esm-only',
  '--exclude-entrypoints',
  'manifest.yaml',
  '--format',
  'ascii',
  '--no-emoji',
];

/**
 * Packs every package that is not private and looks at what a stranger would install: publint for its package.json and
 * files, attw for its types (as ES modules; there is no CommonJS).
 *
 * @returns {Promise<{ isPassed: boolean, output: string }>}
 */
export async function checkPublishedPackages(root, reportFolder) {
  const waiting = readWorkspace(root).filter(({ json }) => json.private !== true);
  const results = [];
  const worker = async () => {
    for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) {
      results.push(await checkPackage(root, each.folder, join(reportFolder, 'packed', each.folder)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return {
    isPassed: results.length > 0 && results.every(({ isPassed }) => isPassed),
    output: results
      .filter(({ isPassed }) => !isPassed)
      .map(({ output }) => output)
      .join('\n'),
  };
}

async function checkPackage(root, folder, destination) {
  rmSync(destination, { recursive: true, force: true });
  mkdirSync(destination, { recursive: true });
  const packing = await runCommand(['pnpm', 'pack', '--pack-destination', destination], {
    root,
    folder: join(root, folder),
  });
  if (!packing.isPassed) return packing;
  const [tarball] = readdirSync(destination);
  const path = join(destination, tarball);
  const checks = await Promise.all([
    runCommand(['publint', 'run', path, '--strict'], { root }),
    runCommand(['attw', path, ...ATTW_OPTIONS], { root }),
  ]);
  const failed = checks.filter(({ isPassed }) => !isPassed);
  return { isPassed: failed.length === 0, output: failed.map(({ output }) => `${folder}\n${output}`).join('\n') };
}
