import { type ExampleService, startExampleService } from '@capstan/example-remote-service';
import type { ExampleOrder, ExampleReport } from './example-service.ts';

/*
 * The example service as a child of `capstan start`.
 * 1. The token comes as a message: a command line or an environment could be read by others on the machine.
 * 2. It lives no longer than its parent: the channel closes when the parent ends, even by SIGKILL.
 */

const STUCK_MS = 2500;
let service: ExampleService | undefined;

process.once('message', (order: ExampleOrder) => {
  startExampleService({ port: order.port, token: order.token }).then(
    (started) => {
      service = started;
      report({ kind: 'ready', url: started.url });
    },
    (error: unknown) => {
      report({
        kind: 'failed',
        message: error instanceof Error ? error.message : String(error),
        portTaken: error instanceof Error && 'code' in error && error.code === 'EADDRINUSE',
      });
    },
  );
});

process.once('disconnect', () => {
  if (service === undefined) process.exit(0);
  setTimeout(() => process.exit(1), STUCK_MS).unref();
  service.close({ graceMs: 1000 }).then(
    () => process.exit(0),
    () => process.exit(1),
  );
});

function report(message: ExampleReport): void {
  process.send?.(message, undefined, undefined, () => {
    if (message.kind === 'failed') process.exit(1);
  });
}
