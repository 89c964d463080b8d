import { type Command, CommanderError } from 'commander';
import type { Backend } from './backend/backend.ts';
import type { BackendOpener, BackendUse } from './backend/open-backend.ts';
import type { CliIo } from './cli-io.ts';
import type { CommandContext, CommandHandler } from './command-context.ts';
import { EXIT_OK, exitCodeOf } from './exit-code.ts';
import { reportFailure, toCapstanError, usageError } from './failure-report.ts';
import { type GlobalOptions, readGlobalOptions } from './global-options.ts';
import { withNotFoundHint } from './not-found-hint.ts';
import { createPrinter } from './output/printer.ts';
import { createProgram } from './program.ts';

/** Host and server are loaded by the commands that need them: help and checks answer at once. */
const openLazily: BackendOpener = async (run, use) => {
  const { openBackend } = await import('./backend/open-backend.ts');
  return openBackend(run, use);
};

/** Runs one command line and resolves with its exit code. Never rejects. */
export async function runCli(io: CliIo, open: BackendOpener = openLazily): Promise<number> {
  let exitCode = EXIT_OK;
  const program = createProgram(io, async (command, handler) => {
    exitCode = await runCommand(io, open, command, handler);
  });
  try {
    await program.parseAsync([...io.argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT_OK;
    // Without a command the help has been shown, and says it all.
    if (error instanceof CommanderError && error.code === 'commander.help')
      return exitCodeOf('CAPSTAN_INVALID_REQUEST');
    return fail(
      io,
      { output: wantsJson(io.argv) ? 'json' : 'text', debug: io.argv.includes('--debug') },
      asUsage(error),
    );
  }
}

async function runCommand(io: CliIo, open: BackendOpener, command: Command, handler: CommandHandler): Promise<number> {
  const options = readGlobalOptions(command);
  const printer = createPrinter(io, options.output);
  await using backends = openAtFirstUse((use) => open({ io, options, printer }, use));
  const context: CommandContext = { io, options, printer, backend: backends.get };
  try {
    return await handler(context);
  } catch (error) {
    return fail(io, options, await withNotFoundHint(toCapstanError(error), context));
  }
}

function fail(io: CliIo, style: Pick<GlobalOptions, 'output' | 'debug'>, thrown: unknown): number {
  const error = toCapstanError(thrown);
  reportFailure(error, createPrinter(io, style.output), style);
  return exitCodeOf(error.code);
}

/** A backend that is opened where a command asks for it, and closed after the command. */
function openAtFirstUse(
  open: (use: BackendUse) => Promise<Backend>,
): { readonly get: (use?: Partial<BackendUse>) => Promise<Backend> } & AsyncDisposable {
  let opened: Promise<Backend> | undefined;
  return {
    get: (use) => {
      opened ??= open({ surface: 'cli', role: 'operator', changes: false, ...use });
      return opened;
    },
    [Symbol.asyncDispose]: async () => {
      // A failure to open has been told by whoever asked.
      const backend = await opened?.catch(() => undefined);
      await backend?.close();
    },
  };
}

/** What commander complains about, in our words: its message has a prefix and may end with a suggestion in brackets. */
function asUsage(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  const [message = '', suggestion] = error.message.replace(/^error: /u, '').split('\n');
  const meant = suggestion === undefined ? '' : `${suggestion.replace(/^\(|\)$/gu, '')} `;
  const misplaced = message.includes("'--json'")
    ? 'Write --json after a command that lists or shows, or -o json. '
    : '';
  return usageError(message, `${meant}${misplaced}Run capstan --help, or a command with --help.`);
}

function wantsJson(argv: readonly string[]): boolean {
  return argv.some(
    (word, at) =>
      word === '-ojson' || word === '--output=json' || (/^(?:-o|--output)$/u.test(word) && argv[at + 1] === 'json'),
  );
}
