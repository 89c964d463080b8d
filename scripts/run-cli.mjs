import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build.mjs';

const MAIN = resolve(import.meta.dirname, '../apps/cli/dist/main.js');

/**
 * Builds, then becomes the `capstan` command. In this process and not in a child: so signals, the terminal and the exit code
 * are the command's own, and Ctrl-C arrives once.
 *
 * @param {readonly string[]} args the command line after `capstan`
 */
export async function runCli(args) {
  if (!(await build())) {
    process.exitCode = 1;
    return;
  }
  process.argv = [process.execPath, MAIN, ...args];
  await import(pathToFileURL(MAIN).href);
}
