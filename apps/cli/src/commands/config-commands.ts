import { explainText } from '@capstan/config';
import type { Command } from 'commander';
import { toResolution } from '../backend/explanation.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { jsonFlag } from '../global-options.ts';
import { examples } from '../output/examples.ts';

/** `capstan config …`. */
export function addConfigCommands(program: Command, run: CommandRunner): void {
  program
    .command('config')
    .description('understand where config comes from')
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
