// `pnpm start`: the demo, a server with the example remote service beside it.
import { oldNodeMessage } from './node-version.mjs';

const complaint = oldNodeMessage(process.versions.node);
if (complaint === undefined) {
  const [{ runCli }, { stopWithStarter }] = await Promise.all([
    import('./run-cli.mjs'),
    import('./stop-with-starter.mjs'),
  ]);
  stopWithStarter();
  await runCli(['start', '--with-example', ...process.argv.slice(2)]);
} else {
  process.stderr.write(`${complaint}\n`);
  process.exitCode = 1;
}
