#!/usr/bin/env node
import { type Command, readCommandLine, USAGE } from './command-line.ts';
import { type ExampleService, startExampleService } from './start.ts';

/** `close` cuts what is left after 2 s; this is for the case that even that hangs. */
const LAST_RESORT_MS = 4000;

function announce(service: ExampleService, { json, tokenIsNew }: Extract<Command, { kind: 'start' }>): void {
  const shown = tokenIsNew ? { token: service.token } : {};
  if (json) console.log(JSON.stringify({ ready: true, url: service.url, port: service.port, ...shown }));
  else console.log(`example remote service on ${service.url}${tokenIsNew ? `, token ${service.token}` : ''}`);
}

function stopOnSignals(service: ExampleService): void {
  const stop = (): void => {
    setTimeout(() => process.exit(1), LAST_RESORT_MS).unref();
    service.close().then(
      () => process.exit(0),
      (error: unknown) => quit(error, 1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function quit(error: unknown, code: number): never {
  console.error(`example-remote-service: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(code);
}

async function main(): Promise<void> {
  const command = readCommandLine(process.argv.slice(2), process.env);
  if (command.kind === 'help') {
    console.log(USAGE);
    return;
  }
  const service = await startExampleService(command.options);
  stopOnSignals(service);
  announce(service, command);
}

main().catch((error: unknown) => quit(error, 2));
