// `pnpm bench [name …]`: every benchmark of bench/, one after the other, so that none disturbs another.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'bench');
const NODE_FLAGS = ['--conditions=@capstan/source', '--expose-gc'];

const wanted = process.argv.slice(2);
const present = existsSync(FOLDER)
  ? readdirSync(FOLDER)
      .filter((name) => name.endsWith('.mjs') && !name.endsWith('-service.mjs'))
      .sort()
  : [];
const chosen = present.filter((name) => wanted.length === 0 || wanted.some((each) => name.includes(each)));
if (chosen.length === 0) {
  console.error(`no benchmark to run; bench/ has: ${present.join(', ') || 'none'}`);
  process.exit(1);
}

const failed = chosen.filter((name) => {
  console.log(`\n── ${name}`);
  return spawnSync(process.execPath, [...NODE_FLAGS, join(FOLDER, name)], { cwd: ROOT, stdio: 'inherit' }).status !== 0;
});
if (failed.length > 0) {
  console.error(`\nfailed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
