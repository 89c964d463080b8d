import type { ServerState } from '@capstan/server';
import type { CommandContext } from '../command-context.ts';
import { EXIT_INTERRUPTED, EXIT_OK } from '../exit-code.ts';
import { listenForEnd } from './end-request.ts';
import { openEverything, type RunningParts } from './open-everything.ts';
import type { StartFlags } from './start-flags.ts';
import { summarise, summaryJson } from './start-summary.ts';
import { startText } from './start-text.ts';

/*
 * 1. What is opened is put on the stack at once, and the stack is unwound whatever happens: the server first, so that
 *    no call comes in, then the host with the calls under way, the example service, and the data folder last.
 * 2. Unwinding takes at most STOP_LIMIT_MS; a second signal ends it at once.
 * 3. Keys go to stdout, once, and nowhere else.
 */
const STOP_LIMIT_MS = 4500;

/** `capstan start`: serves until a signal, then drains. */
export async function start(context: CommandContext, flags: StartFlags): Promise<number> {
  const { io, printer } = context;
  using end = listenForEnd(io);
  const stack = new AsyncDisposableStack();
  let parts: RunningParts;
  try {
    parts = await openEverything(context, flags, stack);
    const summary = await summarise(context, parts);
    if (printer.format === 'json') printer.json(summaryJson(summary), 0);
    else printer.text(startText(summary, printer.paint, printer.width));
    await end.first;
    // A terminal shows ^C at the beginning of this line.
    printer.note(`${io.stderr.isTTY === true ? '\n' : ''}stopping: waiting for the calls under way`);
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
  return stop(stack, { hurry: end.second, state: parts.state });
}

interface StopParts {
  readonly hurry: Promise<unknown>;
  readonly state: Pick<ServerState, 'endNow'>;
}

async function stop(stack: AsyncDisposableStack, { hurry, state }: StopParts): Promise<number> {
  const limit = Promise.withResolvers<number>();
  const timer = setTimeout(() => limit.resolve(EXIT_OK), STOP_LIMIT_MS);
  let isUnwound = false;
  const unwound = stack.disposeAsync().then(() => {
    isUnwound = true;
    return EXIT_OK;
  });
  try {
    return await Promise.race([unwound, limit.promise, hurry.then(() => EXIT_INTERRUPTED)]);
  } finally {
    clearTimeout(timer);
    // A database of its own would outlive this process.
    if (!isUnwound) state.endNow();
  }
}
