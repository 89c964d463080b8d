// `pnpm capstan …`: the command line from a checkout. Stdout holds nothing but the command's own output.
import { oldNodeMessage } from './node-version.mjs';

const complaint = oldNodeMessage(process.versions.node);
if (complaint === undefined) {
  const { runCli } = await import('./run-cli.mjs');
  await runCli(process.argv.slice(2));
} else {
  process.stderr.write(`${complaint}\n`);
  process.exitCode = 1;
}
