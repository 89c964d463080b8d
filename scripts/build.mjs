import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const TURBO = resolve(ROOT, 'node_modules/.bin/turbo');
const SILENCE_MS = 1000;

/** pnpm installs before it runs a script, and runs the script all the same when that fails. */
export const NOT_INSTALLED = 'The dependencies are not installed: the messages above say why, or run pnpm install.';

/**
 * Builds what has changed; turbo knows what has not. Writes to stderr only: what comes after may speak a protocol on
 * stdout. Says what it does when that takes over a second, and what is wrong when it fails.
 *
 * @returns {Promise<boolean>} whether everything is built
 */
export async function build() {
  if (!existsSync(TURBO)) {
    process.stderr.write(`${NOT_INSTALLED}\n`);
    return false;
  }
  const announcement = setTimeout(() => process.stderr.write('Building Capstan …\n'), SILENCE_MS);
  const { status, output } = await runTurbo();
  clearTimeout(announcement);
  if (status !== 0) process.stderr.write(`${output}\nThe build failed.\n`);
  return status === 0;
}

function runTurbo() {
  return new Promise((done, reject) => {
    const turbo = spawn(TURBO, ['run', 'build', '--output-logs=errors-only'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
    });
    const chunks = [];
    turbo.stdout.on('data', (chunk) => chunks.push(chunk));
    turbo.stderr.on('data', (chunk) => chunks.push(chunk));
    turbo.on('error', reject);
    turbo.on('close', (status) => done({ status, output: Buffer.concat(chunks).toString() }));
  });
}
