import { isAbsolute } from 'node:path';
import { refusal, shown } from './refusal.ts';

/** A program that may be run, and with what. */
export interface AllowedProgram {
  /** Absolute: what `PATH` holds is nobody's promise. */
  readonly file: string;
  /** The options that may be given, such as `-n` or `--format`; a value may follow as `--format=json`. Default: none. */
  readonly options?: readonly string[];
  /** Arguments that always come first, such as a subcommand. They are not checked. */
  readonly prefix?: readonly string[];
  /** Most arguments. Default 32. */
  readonly maxArguments?: number;
}

/** Programs by the name under which a tool asks for them. */
export type ProgramPolicy = Readonly<Record<string, AllowedProgram>>;

/** A program and its argument vector, ready for `spawn(file, args, { shell: false })`. */
export interface ProgramCall {
  readonly file: string;
  readonly args: readonly string[];
}

const DEFAULT_MAX_ARGUMENTS = 32;
const MAX_ARGUMENT_BYTES = 65_536;

/**
 * Looks a program up and checks its arguments. Nothing is quoted or split: there is no shell, so `;` and `$(…)` are text.
 *
 * An argument that begins with "-" has to be one of the program's options. After `--`, if that is one of them, anything
 * goes.
 * @throws CapstanError `CAPSTAN_INVALID_ARGUMENTS`; TypeError when the policy itself is wrong.
 */
export function checkProgram(policy: ProgramPolicy, name: string, args: readonly string[]): ProgramCall {
  const program = Object.hasOwn(policy, name) ? policy[name] : undefined;
  if (program === undefined) {
    const allowed = Object.keys(policy);
    throw refusal(`The program ${shown(name)} is not allowed.`, `Use one of: ${allowed.join(', ')}.`, { allowed });
  }
  checkPolicy(program);
  const max = program.maxArguments ?? DEFAULT_MAX_ARGUMENTS;
  if (args.length > max) throw refusal(`${shown(name)} got ${args.length} arguments.`, `Send ${max} at most.`);
  checkArguments(name, program, args);
  return { file: program.file, args: [...(program.prefix ?? []), ...args] };
}

function checkPolicy({ file }: AllowedProgram): void {
  if (!isAbsolute(file)) throw new TypeError(`the program file ${shown(file)} is not absolute`);
  // Node cannot start these without a shell of Windows, which parses their arguments once more (CVE-2024-27980).
  if (/\.(?:bat|cmd)[. ]*$/i.test(file)) throw new TypeError(`the program file ${shown(file)} is a batch file`);
}

function checkArguments(name: string, { options = [] }: AllowedProgram, args: readonly string[]): void {
  let isPastOptions = false;
  for (const argument of args) {
    if (typeof argument !== 'string' || argument.includes('\0') || Buffer.byteLength(argument) > MAX_ARGUMENT_BYTES) {
      throw refusal(`An argument of ${shown(name)} cannot be passed on.`, 'Send texts up to 64 KiB without NUL.');
    }
    if (!isPastOptions && argument.startsWith('-') && argument !== '-') checkOption(name, options, argument);
    isPastOptions ||= argument === '--';
  }
}

function checkOption(name: string, options: readonly string[], argument: string): void {
  const [option = ''] = argument.startsWith('--') ? argument.split('=', 1) : [argument];
  if (options.includes(option)) return;
  throw refusal(
    `The option ${shown(argument)} of ${shown(name)} is not allowed.`,
    `Allowed: ${options.join(', ') || 'none'}.`,
    {
      allowed: [...options],
    },
  );
}
