import type { Command } from 'commander';
import type { Backend } from './backend/backend.ts';
import type { BackendUse } from './backend/open-backend.ts';
import type { CliIo } from './cli-io.ts';
import type { GlobalOptions } from './global-options.ts';
import type { Printer } from './output/printer.ts';

/** What a command works with. */
export interface CommandContext {
  readonly io: CliIo;
  readonly options: GlobalOptions;
  readonly printer: Printer;
  /** The host of this run: a server that answers, else one in process. Opened at the first call, closed after the command. */
  backend(use?: Partial<BackendUse>): Promise<Backend>;
}

/** Does the work of a command and says with which code it exits. */
export type CommandHandler = (context: CommandContext) => Promise<number>;

/** Runs the handler of the command that was chosen, with what its options ask for. */
export type CommandRunner = (command: Command, handler: CommandHandler) => Promise<void>;
