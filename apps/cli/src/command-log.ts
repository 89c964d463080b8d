import type { Logger } from '@capstan/sdk';
import { createLog } from '@capstan/server';
import type { CliIo } from './cli-io.ts';

/** The log of a host that runs for one command: on stderr and only with `--debug`, since the command tells its own errors. */
export function commandLog(io: CliIo, debug: boolean): Logger {
  return createLog({ level: debug ? 'debug' : 'silent', destination: { write: (line) => io.stderr.write(line) } })
    .logger;
}
