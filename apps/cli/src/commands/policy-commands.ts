import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkPolicies, type PolicySource } from '@capstan/policy/cedar';
import { formatDiagnostic } from '@capstan/schema';
import type { JsonObject } from '@capstan/sdk';
import { policySources } from '@capstan/server';
import { type Command, Option } from 'commander';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { usageError } from '../failure-report.ts';
import { jsonFlag } from '../global-options.ts';
import { examples } from '../output/examples.ts';
import { findPlaces } from '../places.ts';
import { readSettings } from '../read-settings.ts';
import { readWrittenArgument, type WrittenArgument } from '../tool-arguments/tool-arguments.ts';

interface ExplanationJson {
  readonly tool: string;
  readonly principal: {
    readonly id: string;
    readonly roles: readonly string[];
    readonly permissions: readonly string[];
  };
  readonly allowed: boolean;
  readonly reason?: string;
  readonly approval?: string;
  readonly callable: 'always' | 'some' | 'never';
  readonly listed: boolean;
  readonly policies: readonly {
    readonly id: string;
    readonly path: string;
    readonly line: number;
    readonly column: number;
  }[];
}

interface TestJson {
  readonly replayed: number;
  readonly skipped: number;
  readonly changes: readonly JsonObject[];
}

/** As of `diff` and its like: 1 says that there is something to look at. */
const EXIT_FINDINGS = 1;

/** `capstan policy …`. */
export function addPolicyCommands(program: Command, run: CommandRunner): void {
  const policy = program.command('policy').description('check policies, and say why something is denied or hidden');
  addExplain(policy, run);
  addCheck(policy, run);
  addTest(policy, run);
}

interface ExplainFlags {
  readonly as: string;
  readonly arg: readonly WrittenArgument[];
}

function addExplain(policy: Command, run: CommandRunner): void {
  policy
    .command('explain <tool>')
    .description('say whether somebody may call and see a tool, which policies decide that, and where they stand')
    .requiredOption('--as <key or role>', 'the name of a key, or viewer, agent, operator, admin')
    .addOption(
      new Option('--arg <key=value>', 'an argument of the call; JSON where it is any, else text; may be repeated')
        .argParser((text: string, sofar: readonly WrittenArgument[]) => [...sofar, readWrittenArgument(text)])
        .default([], 'none'),
    )
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([
        ['capstan policy explain bank_pay --as agent', 'whether an agent sees it at all'],
        ['capstan policy explain bank_pay --as ci --arg amount=500', 'why the key ci is denied this call'],
      ]),
    )
    .action((tool: string, flags: ExplainFlags, command: Command) =>
      run(command, (context) => explain(context, tool, flags)),
    );
}

function addCheck(policy: Command, run: CommandRunner): void {
  policy
    .command('check [files...]')
    .description('check Cedar files, or those of capstan.yaml: syntax, and every attribute by the schema')
    .addOption(jsonFlag())
    .addHelpText('after', examples([['capstan policy check policies/*.cedar', 'before a server takes them']]))
    .action((files: readonly string[], _flags: object, command: Command) =>
      run(command, async (context) => check(context, files)),
    );
}

function addTest(policy: Command, run: CommandRunner): void {
  policy
    .command('test [files...]')
    .description('decide recorded calls by these files in the place of the present ones, and show what would change')
    .addOption(new Option('--against <what>', 'what is decided').choices(['audit']).default('audit'))
    .option('--limit <count>', 'the newest so many calls', '1000')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([['capstan policy test caps.cedar --against audit', 'nothing is called or changed']]),
    )
    .action((files: readonly string[], flags: { readonly limit: string }, command: Command) =>
      run(command, (context) => test(context, files, flags.limit)),
    );
}

async function explain(context: CommandContext, tool: string, { as, arg }: ExplainFlags): Promise<number> {
  const { options, printer, backend } = context;
  const given = Object.fromEntries(arg.map(({ key, text }) => [key, jsonOrText(text)]));
  const path = ['workspaces', options.workspace, 'policy', 'explain'];
  const body = { as, tool, ...(arg.length === 0 ? {} : { arguments: given }) };
  const explanation = await (await backend()).administer<ExplanationJson>({ method: 'POST', path, body });
  if (printer.format === 'json') printer.json(explanation);
  else printer.text(explanationText(explanation, as, arg.length > 0));
  return EXIT_OK;
}

function jsonOrText(text: string): JsonObject[string] {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function explanationText(explanation: ExplanationJson, as: string, isAboutCall: boolean): string {
  const { tool, listed, policies } = explanation;
  return [
    `${tool} for ${as}: ${isAboutCall ? callText(explanation) : callableText(explanation)}`,
    `it is ${listed ? 'listed' : 'hidden: it stands in no list, and a call of it is denied'}`,
    ...policies.map(({ id, path, line, column }) => `  ${id}  ${path}:${line}:${column}`),
  ].join('\n');
}

function callText({ allowed, reason, approval }: ExplanationJson): string {
  if (!allowed) return `denied, ${reason ?? ''}`;
  return approval === undefined ? 'allowed' : `allowed, once an operator approved it (${approval})`;
}

function callableText({ callable, reason }: ExplanationJson): string {
  if (callable === 'some') return 'allowed with some arguments and denied with others; give some with --arg';
  return callable === 'always' ? 'allowed' : `denied, ${reason ?? ''}`;
}

function check(context: CommandContext, files: readonly string[]): number {
  const { printer } = context;
  const sources = sourcesOf(context, files);
  const diagnostics = checkPolicies(sources);
  if (printer.format === 'json') printer.json({ files: sources.map(({ path }) => path), diagnostics });
  else if (diagnostics.length > 0) printer.text(diagnostics.map(formatDiagnostic).join('\n'));
  else printer.text(`${sources.length} ${sources.length === 1 ? 'file is' : 'files are'} right`);
  return diagnostics.length === 0 ? EXIT_OK : EXIT_FINDINGS;
}

async function test(context: CommandContext, files: readonly string[], limit: string): Promise<number> {
  const { printer, backend } = context;
  const policies = sourcesOf(context, files).map(({ path, text, workspace }) => ({
    path,
    text,
    ...(workspace === undefined ? {} : { workspace }),
  }));
  if (!/^\d{1,5}$/.test(limit)) throw usageError('--limit is no number', 'Give 1 to 10000.');
  const body = { policies, limit: Number(limit) };
  const result = await (await backend()).administer<TestJson>({ method: 'POST', path: ['policy', 'test'], body });
  if (printer.format === 'json') printer.json(result);
  else printer.text(testText(result));
  return result.changes.length === 0 ? EXIT_OK : EXIT_FINDINGS;
}

function testText({ replayed, skipped, changes }: TestJson): string {
  const lines = changes.map(
    ({ at, principal, tool, before, after, policies, reason }) =>
      `${String(at)}  ${String(principal)}  ${String(tool)}  ${String(before)} -> ${String(after)}  ${String(policies)}${reason === undefined ? '' : `  ${String(reason)}`}`,
  );
  return [
    ...lines,
    `${changes.length} of ${replayed} calls would be decided otherwise; ${skipped} were not decided`,
  ].join('\n');
}

function sourcesOf({ io, options }: CommandContext, files: readonly string[]): readonly PolicySource[] {
  if (files.length > 0) return files.map((path) => ({ path, text: readText(resolve(io.cwd, path), path) }));
  const places = findPlaces(io, options);
  const settings = readSettings(io, places)?.settings;
  if (settings === undefined) throw usageError('there is no capstan.yaml here', 'Name the files to check.');
  return policySources(settings, places.folder);
}

function readText(path: string, shown: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw usageError(`${shown} cannot be read`, 'Check the path.');
  }
}
