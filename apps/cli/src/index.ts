export type { CliIo, EndSignal, TerminalStream } from './cli-io.ts';
export { runCli } from './run-cli.ts';
