import { parseArgs } from 'node:util';
import { FAULT_GRAMMAR } from './fault-grammar.ts';
import type { ExampleServiceOptions } from './start.ts';

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'start';
      readonly options: ExampleServiceOptions;
      readonly json: boolean;
      /** True when nobody gave a token, so that the new one has to be shown. */
      readonly tokenIsNew: boolean;
    };

/** The help text. */
export const USAGE: string = `example-remote-service: a small service that implements the remote tool contract

  --port N       default 7421; 0 takes a free one
  --host H       default 127.0.0.1
  --token T      default: the variable EXAMPLE_REMOTE_TOKEN, else a new one, which is printed
  --fault TEXT   faults on demand, such as latency=200,reset=0.1,status=503:0.2
  --json         print one JSON line when ready: {"ready":true,"url":…,"port":…}
  --help

Faults: ${FAULT_GRAMMAR}
`;

/** Reads the command line. Throws an Error with a sentence for the user when it is wrong. */
export function readCommandLine(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): Command {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '7421' },
      host: { type: 'string', default: '127.0.0.1' },
      token: { type: 'string' },
      fault: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return { kind: 'help' };
  const token = values.token ?? variables.EXAMPLE_REMOTE_TOKEN;
  const options: ExampleServiceOptions = {
    port: portOf(values.port),
    host: values.host,
    ...(token === undefined || token === '' ? {} : { token }),
    ...(values.fault === undefined ? {} : { faults: values.fault }),
  };
  return { kind: 'start', options, json: values.json, tokenIsNew: options.token === undefined };
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new Error(`--port '${text}' is no port (0 to 65535)`);
  return port;
}
