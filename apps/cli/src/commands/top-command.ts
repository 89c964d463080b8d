import type { ServerTelemetry } from '@capstan/server';
import type { Command } from 'commander';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { usageError } from '../failure-report.ts';
import { jsonFlag } from '../global-options.ts';
import { examples } from '../output/examples.ts';
import { topText } from '../top/top-text.ts';
import { topView } from '../top/top-view.ts';

interface TopFlags {
  readonly once?: boolean;
  readonly interval: string;
}

/** Moves to the upper left corner, and clears what is below the text after it: nothing flickers. */
const HOME = '\u001B[H';
const CLEAR_LINE_END = '\u001B[K';
const CLEAR_BELOW = '\u001B[J';
const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';

/** `capstan top`. */
export function addTopCommand(program: Command, run: CommandRunner): void {
  program
    .command('top')
    .description('calls, errors, latency, limits and breakers of a running server, live')
    .option('--once', 'one look since the start of the server; so it is too where stdout is no terminal')
    .option('--interval <seconds>', 'how often to look', '2')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([
        ['capstan top', 'until Ctrl-C'],
        ['capstan top --once -o json', 'for a program'],
      ]),
    )
    .action((flags: TopFlags, command: Command) => run(command, (context) => watch(context, flags)));
}

async function watch(context: CommandContext, flags: TopFlags): Promise<number> {
  const { io, printer, backend } = context;
  const everyMs = intervalOf(flags.interval);
  const host = await backend();
  const first = await host.readTelemetry();
  if (flags.once === true || io.stdout.isTTY !== true) {
    const view = topView(first, undefined);
    if (printer.format === 'json') printer.json(view);
    else printer.text(topText(view, host.origin, printer));
    return EXIT_OK;
  }
  const ended = Promise.withResolvers<void>();
  const stop = io.onSignal(() => ended.resolve());
  try {
    if (printer.format === 'text') io.stdout.write(`${HIDE_CURSOR}${HOME}${CLEAR_BELOW}`);
    await showUntil(ended.promise, { context, everyMs, origin: host.origin, first, read: () => host.readTelemetry() });
  } finally {
    stop();
    if (printer.format === 'text') io.stdout.write(SHOW_CURSOR);
  }
  return EXIT_OK;
}

interface Watch {
  readonly context: CommandContext;
  readonly everyMs: number;
  readonly origin: string;
  readonly first: ServerTelemetry;
  readonly read: () => Promise<ServerTelemetry>;
}

async function showUntil(ended: Promise<void>, { context, everyMs, origin, first, read }: Watch): Promise<void> {
  const { io, printer } = context;
  let earlier: ServerTelemetry | undefined;
  let now = first;
  for (;;) {
    const view = topView(now, earlier);
    if (printer.format === 'json') printer.json(view, 0);
    else {
      const lines = topText(view, origin, printer).split('\n');
      io.stdout.write(`${HOME}${lines.map((line) => line + CLEAR_LINE_END).join('\n')}\n${CLEAR_BELOW}`);
    }
    if (await endsWithin(ended, everyMs)) return;
    earlier = now;
    now = await read();
  }
}

async function endsWithin(ended: Promise<void>, ms: number): Promise<boolean> {
  const timeout = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => timeout.resolve(false), ms);
  const hasEnded = await Promise.race([ended.then(() => true), timeout.promise]);
  clearTimeout(timer);
  return hasEnded;
}

function intervalOf(text: string): number {
  const seconds = Number(text);
  if (seconds >= 0.2 && seconds <= 3600) return seconds * 1000;
  throw usageError(`--interval '${text}' is no time`, 'Give seconds, from 0.2 to 3600.');
}
