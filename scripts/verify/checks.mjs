import { checkPublishedPackages } from './published-packages.mjs';
import { runCommand } from './run-command.mjs';

/**
 * The checks before the tests, in their order. Each counts as one.
 *
 * @param {{ root: string, reportFolder: string }} place
 * @returns {readonly { name: string, run: () => Promise<{ isPassed: boolean, output: string }> }[]}
 */
export function listChecks({ root, reportFolder }) {
  const command = (...words) => runCommand(words, { root });
  return [
    { name: 'format', run: () => command('biome', 'format', '.') },
    {
      name: 'lint',
      run: () =>
        all([
          // `check` without the formatter: what `lint` does, and the order of imports.
          () => command('biome', 'check', '--formatter-enabled=false', '--error-on-warnings', '.'),
          () => command('knip', '--no-progress'),
        ]),
    },
    { name: 'layers', run: () => command('node', 'scripts/layers.mjs') },
    { name: 'types', run: () => command('tsc', '-b') },
    {
      name: 'build',
      run: () =>
        all([
          () => command('turbo', 'run', 'build', '--output-logs=errors-only', '--continue'),
          () => checkPublishedPackages(root, reportFolder),
        ]),
    },
  ];
}

/** Runs one after the other, also after a failure, so that everything wrong shows in one go. */
async function all(steps) {
  const results = [];
  for (const step of steps) results.push(await step());
  const failed = results.filter(({ isPassed }) => !isPassed);
  return { isPassed: failed.length === 0, output: failed.map(({ output }) => output).join('\n') };
}
