import { type Command, Option } from 'commander';
import { OUTPUT_FORMATS, type OutputFormat } from './output/printer.ts';

/** The options that stand on every command, before or after its name. */
export interface GlobalOptions {
  readonly workspace: string;
  /** Whether somebody said which. */
  readonly isWorkspaceGiven: boolean;
  /** `capstan.yaml`; default: the one of the current folder. */
  readonly config?: string;
  /** Where state lives; default `.capstan` beside the settings. */
  readonly data?: string;
  /** A server to talk to, instead of the one that runs on this data folder. */
  readonly url?: string;
  readonly key?: string;
  readonly output: OutputFormat;
  readonly debug: boolean;
}

/** Declares the global options on the program. `--json` is not among them: on `tool call` it takes the arguments. */
export function addGlobalOptions(program: Command): Command {
  return program
    .option('-w, --workspace <name>', 'the workspace', 'default')
    .option('--config <file>', 'the settings (default: ./capstan.yaml)')
    .option('--data <folder>', 'where keys, audit and state live (default: .capstan beside the settings)')
    .option('--url <url>', 'talk to this server (also: CAPSTAN_URL)')
    .option('--key <key>', 'with this API key (also: CAPSTAN_KEY, which no other user of the machine can see)')
    .addOption(
      new Option('-o, --output <format>', 'text for people, json for programs').choices(OUTPUT_FORMATS).default('text'),
    )
    .option('--debug', 'show stacks and causes of errors, and each outgoing request');
}

/** `--json` as a short way to write `-o json`, for commands where it means nothing else. */
export function jsonFlag(): Option {
  return new Option('--json', 'the same as -o json');
}

/** Commander keeps options untyped; this is what the declarations above and the flag `--json` leave behind. */
type ParsedOptions = Omit<GlobalOptions, 'debug' | 'isWorkspaceGiven'> & {
  readonly debug?: boolean;
  readonly json?: boolean | string;
};

const urlOwners = new WeakSet<Command>();

/** Says that `--url` of a command is not the Capstan server to talk to: that one can be named by CAPSTAN_URL then. */
export function ownsUrl(command: Command): Command {
  urlOwners.add(command);
  return command;
}

/** `--url` of a command that owns it. */
export function ownUrlOf(command: Command): string | undefined {
  return command.optsWithGlobals<{ readonly url?: string }>().url;
}

/** The global options of a parsed command. */
export function readGlobalOptions(command: Command): GlobalOptions {
  const { json, debug = false, url, ...rest } = command.optsWithGlobals<ParsedOptions>();
  const options = url === undefined || urlOwners.has(command) ? rest : { ...rest, url };
  const isWorkspaceGiven = command.getOptionValueSourceWithGlobals('workspace') !== 'default';
  return { ...options, isWorkspaceGiven, debug, output: json === true ? 'json' : options.output };
}
