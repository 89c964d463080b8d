// `pnpm start`: the demo, a server with the example remote service beside it.
import { runCli } from './run-cli.mjs';
import { stopWithStarter } from './stop-with-starter.mjs';

stopWithStarter();
await runCli(['start', '--with-example', ...process.argv.slice(2)]);
