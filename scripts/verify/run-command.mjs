import { spawn } from 'node:child_process';
import { join } from 'node:path';

const pathOf = (program, root) => {
  if (program === 'node') return process.execPath;
  // Whoever started this through npx has it on the PATH, and nowhere else.
  if (program === 'pnpm') return 'pnpm';
  return join(root, 'node_modules/.bin', program);
};

/**
 * Runs a program of node_modules/.bin, this Node (`node`) or pnpm, and waits for it.
 *
 * @param {readonly [string, ...string[]]} command
 * @param {{ root: string, folder?: string, isStreamed?: boolean, env?: Record<string, string> }} options streamed output goes straight to
 *   the terminal; otherwise it is kept, for whoever wants to show it
 * @returns {Promise<{ isPassed: boolean, output: string }>}
 */
export function runCommand([program, ...args], { root, folder = root, isStreamed = false, env = {} }) {
  return new Promise((done) => {
    const child = spawn(pathOf(program, root), args, {
      cwd: folder,
      stdio: ['ignore', isStreamed ? 'inherit' : 'pipe', isStreamed ? 'inherit' : 'pipe'],
      env: { ...process.env, ...env },
    });
    const chunks = [];
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr?.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => done({ isPassed: false, output: `${program}: ${error.message}` }));
    child.on('close', (code, signal) => {
      const output = Buffer.concat(chunks).toString();
      done({ isPassed: code === 0, output: signal === null ? output : `${output}\n${program} was ended by ${signal}` });
    });
  });
}
