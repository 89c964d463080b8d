import { explainText } from '@capstan/config';
import type { Command } from 'commander';
import { toResolution } from '../backend/explanation.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { jsonFlag } from '../global-options.ts';
import { examples } from '../output/examples.ts';
import { listConfig, type SetFlags, setConfig, unsetConfig } from './write-config.ts';

/** `capstan config …`. */
export function addConfigCommands(program: Command, run: CommandRunner): void {
  const config = program.command('config').description('understand where config comes from, and set it');
  addWriteCommands(config, run);
  config
    .command('explain')
    .description('show every key of a pack: its value, where it comes from, and what it overrode')
    .argument('<pack>', 'the pack code')
    .option('--connection <id>', 'as this connection sees it')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `${examples([
        ['capstan config explain example_remote_http', 'in workspace default'],
        ['capstan config explain example_remote_http -w support --connection line-main', 'for one connection'],
      ])}

Secrets are shown as ●●●● and the start of a keyed hash: equal ones look equal, and none can be
read back.`,
    )
    .action((pack: string, flags: { readonly connection?: string }, command: Command) =>
      run(command, (context) => explainConfig(context, pack, flags.connection)),
    );
}

function addWriteCommands(config: Command, run: CommandRunner): void {
  config
    .command('set <pack> <key> [value]')
    .description('set a key of the system config on a running server: in all workspaces, or with -w in one')
    .option('--secret-from-stdin', 'read a secret from stdin')
    .option('--file <path>', 'read a secret from a file')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `${examples([
        ['capstan config set line_pack base_url https://line.example.com', 'in all workspaces'],
        ['capstan config set line_pack timeout 10 -w support', 'in one'],
        ['echo "$TOKEN" | capstan config set line_pack api_token --secret-from-stdin', 'a secret'],
      ])}

It goes before connections, environment and defaults, and behind capstan.yaml.`,
    )
    .action((pack: string, key: string, value: string | undefined, flags: SetFlags, command: Command) =>
      run(command, (context) => setConfig(context, { pack, key }, value, flags)),
    );
  config
    .command('unset <pack> <key>')
    .description('take back what was set: in all workspaces, or with -w in one')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([['capstan config unset line_pack timeout -w support', 'the next layer counts again']]),
    )
    .action((pack: string, key: string, _flags: object, command: Command) =>
      run(command, (context) => unsetConfig(context, { pack, key })),
    );
  config
    .command('list')
    .description('list what was set at run time, and by whom')
    .addOption(jsonFlag())
    .addHelpText('after', examples([['capstan config list -w support', 'in one workspace, and in all of them']]))
    .action((_flags: object, command: Command) => run(command, listConfig));
}

async function explainConfig(
  { options, printer, backend }: CommandContext,
  pack: string,
  connection: string | undefined,
): Promise<number> {
  const scope = { workspace: options.workspace, ...(connection === undefined ? {} : { connection }) };
  const explanation = await (await backend()).explainConfig(pack, scope);
  if (printer.format === 'json') printer.json(explanation);
  else printer.text(explainText(toResolution(explanation), { pack, ...scope }));
  return EXIT_OK;
}
