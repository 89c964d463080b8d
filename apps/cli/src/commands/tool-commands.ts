import { type Command, Option } from 'commander';
import type { CommandRunner } from '../command-context.ts';
import { jsonFlag } from '../global-options.ts';
import { examples } from '../output/examples.ts';
import { readWrittenArgument, type WrittenArgument } from '../tool-arguments/tool-arguments.ts';
import { callTool } from './call-tool.ts';
import { describeTool } from './describe-tool.ts';
import { listTools } from './list-tools.ts';
import { acceptTool, diffTool } from './tool-drift.ts';

interface ListFlags {
  readonly search?: string;
}

interface CallFlags {
  readonly arg: readonly WrittenArgument[];
  readonly json?: string;
  readonly connection?: string;
}

/** `capstan tool …`. */
export function addToolCommands(program: Command, run: CommandRunner): void {
  const tool = program.command('tool').description('find, read and call the tools of a workspace');
  addList(tool, run);
  addDescribe(tool, run);
  addCall(tool, run);
  addDrift(tool, run);
}

function addList(tool: Command, run: CommandRunner): void {
  tool
    .command('list')
    .description('list the tools of a workspace')
    .option('--search <words>', 'only tools that match these words, the best first')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([
        ['capstan tool list', 'all tools of workspace default'],
        ['capstan tool list --search "send message" -w support', 'the ones that fit'],
        ['capstan tool list --json', 'for a program'],
      ]),
    )
    .action((flags: ListFlags, command: Command) => run(command, (context) => listTools(context, flags.search)));
}

function addDescribe(tool: Command, run: CommandRunner): void {
  tool
    .command('describe')
    .description('show one tool: what it does, its arguments, its limits')
    .argument('<name>', 'exposed name, tool id or alias')
    .addOption(jsonFlag())
    .addHelpText('after', examples([['capstan tool describe line_send_message', 'by the name that agents use']]))
    .action((name: string, _flags: object, command: Command) => run(command, (context) => describeTool(context, name)));
}

function addCall(tool: Command, run: CommandRunner): void {
  tool
    .command('call')
    .description('call one tool; arguments come from --json and --arg, where --arg wins')
    .argument('<name>', 'exposed name, tool id or alias')
    .addOption(
      new Option('--arg <key=value>', 'one argument, read by the type that the tool asks for; may be repeated')
        .argParser(collectArguments)
        .default([], 'none'),
    )
    .option('--json <object>', "the arguments as a JSON object; '-' reads stdin, '@file' a file")
    .option('--connection <id>', 'id or name of the connection to use, where the tool has several')
    .addHelpText(
      'after',
      `${examples([
        ["capstan tool call line_send_message --arg to=U1 --arg messages='Your table is ready.'", 'values by type'],
        [`capstan tool call wp_publish_post --json '{"title":"Hi","content":"…"}'`, 'a JSON object'],
        ['capstan tool call wp_publish_post --json @post.json --arg status=draft', 'a file, one value changed'],
        ['generate | capstan tool call wp_publish_post --json - -o json', 'stdin; the outcome as JSON'],
      ])}

Here --json takes the arguments; the outcome as JSON is -o json. The exit code is 0 only when the
call succeeded.`,
    )
    .action((name: string, flags: CallFlags, command: Command) => {
      const { arg, ...rest } = flags;
      return run(command, (context) => callTool(context, { name, written: arg, ...rest }));
    });
}

function addDrift(tool: Command, run: CommandRunner): void {
  tool
    .command('diff')
    .description('show how a tool differs from what was accepted of it; without a name, which tools do')
    .argument('[name]', 'exposed name, tool id or alias')
    .addOption(jsonFlag())
    .addHelpText('after', examples([['capstan tool diff line.send_message', 'member by member']]))
    .action((name: string | undefined, _flags: object, command: Command) =>
      run(command, (context) => diffTool(context, name)),
    );
  tool
    .command('accept')
    .description('accept a tool whose definition changed, or a new one, as it is now')
    .argument('<name>', 'exposed name, tool id or alias')
    .option('--digest <hex>', 'of what "capstan tool diff" showed: refused when it changed again')
    .addOption(jsonFlag())
    .addHelpText('after', examples([['capstan tool accept line.send_message', 'agents see it again']]))
    .action((name: string, flags: { readonly digest?: string }, command: Command) =>
      run(command, (context) => acceptTool(context, name, flags.digest)),
    );
}

function collectArguments(text: string, sofar: readonly WrittenArgument[]): readonly WrittenArgument[] {
  return [...sofar, readWrittenArgument(text)];
}
