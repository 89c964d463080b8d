import type { Command } from 'commander';
import type { SecretJson } from '../backend/administration.ts';
import type { PageJson } from '../backend/views.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { jsonFlag } from '../global-options.ts';
import { examples } from '../output/examples.ts';
import { formatTable } from '../output/table.ts';

interface RotateFlags {
  readonly host?: boolean;
}

/** `capstan secret …`. */
export function addSecretCommands(program: Command, run: CommandRunner): void {
  const secret = program.command('secret').description('the secrets that a running server keeps, without their values');
  secret
    .command('list')
    .description('what each belongs to, who set it and when')
    .addOption(jsonFlag())
    .addHelpText('after', examples([['capstan secret list', 'of all workspaces and the host']]))
    .action((_flags: object, command: Command) => run(command, listSecrets));
  secret
    .command('rotate')
    .description('encrypt the secrets of the workspace anew, under a new data key; nothing stops meanwhile')
    .option('--host', 'those of the whole host instead')
    .addOption(jsonFlag())
    .addHelpText('after', examples([['capstan secret rotate -w support', 'after somebody saw a backup']]))
    .action((flags: RotateFlags, command: Command) => run(command, (context) => rotateSecrets(context, flags)));
}

async function listSecrets({ printer, backend }: CommandContext): Promise<number> {
  const { items } = await (await backend()).administer<PageJson<SecretJson>>({ method: 'GET', path: ['secrets'] });
  if (printer.format === 'json') printer.json({ items });
  else printer.text(items.length === 0 ? 'no secrets' : secretTable(items, printer));
  return EXIT_OK;
}

async function rotateSecrets({ options, printer, backend }: CommandContext, { host }: RotateFlags): Promise<number> {
  const body = host === true ? {} : { workspace: options.workspace };
  const request = { method: 'POST', path: ['secrets', 'rotate'], body } as const;
  const rotated = await (await backend()).administer<{ readonly secrets: number }>(request);
  const owner = host === true ? 'the host' : `workspace ${options.workspace}`;
  const { secrets } = rotated;
  if (printer.format === 'json') printer.json(rotated);
  else printer.text(`${secrets} ${secrets === 1 ? 'secret' : 'secrets'} of ${owner} encrypted anew`);
  return EXIT_OK;
}

function secretTable(items: readonly SecretJson[], { paint, width }: CommandContext['printer']): string {
  return formatTable(
    items,
    [
      { title: 'SECRET', cell: ({ name }) => name, paint: (text) => paint.strong(text) },
      { title: 'WORKSPACE', cell: ({ workspace }) => workspace ?? 'host' },
      { title: 'KEPT', cell: ({ kept }) => kept },
      { title: 'SET AT', cell: ({ set_at }) => set_at },
      { title: 'SET BY', cell: ({ set_by }) => set_by, flexible: true },
    ],
    { paint, ...(width === undefined ? {} : { width }) },
  );
}
