#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import type { EndSignal } from './cli-io.ts';
import { runCli } from './run-cli.ts';

const END_SIGNALS: readonly EndSignal[] = ['SIGINT', 'SIGTERM'];

function onSignal(listener: (signal: EndSignal) => void): () => void {
  for (const signal of END_SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of END_SIGNALS) process.off(signal, listener);
  };
}

/** `capstan tool list | head`: the reader has gone, and nobody misses the rest. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const exitCode = await runCli({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  self: [process.execPath, fileURLToPath(import.meta.url)],
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  onSignal,
});
// Everything written must be out before the process ends; idle keep-alive sockets must not hold it.
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
