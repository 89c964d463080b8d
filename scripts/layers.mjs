// Checks that the arrows between packages point one way. Rules: scripts/layers/rules.mjs; tests: tests/layers.test.ts.
import { resolve } from 'node:path';
import { checkLayers } from './layers/check.mjs';

const root = resolve(process.argv[2] ?? resolve(import.meta.dirname, '..'));
const { problems, packages, files } = checkLayers(root);
for (const problem of problems) console.error(problem);
console.log(`${problems.length} problems in ${files} files of ${packages} packages`);
// A check that found nothing to check has not passed.
process.exitCode = problems.length === 0 && packages > 0 && files > 0 ? 0 : 1;
