// `pnpm capstan …`: the command line from a checkout. Stdout holds nothing but the command's own output.
import { runCli } from './run-cli.mjs';

await runCli(process.argv.slice(2));
