import { resolve } from 'node:path';
import type { JsonValue } from '@capstan/sdk';
import type { Command } from 'commander';
import type { PlannedChangeJson, SettingsPlanJson } from '../backend/administration.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { EXIT_DIFFERENT, EXIT_OK } from '../exit-code.ts';
import { usageError } from '../failure-report.ts';
import { jsonFlag } from '../global-options.ts';
import { oneLine } from '../output/display-text.ts';
import { examples } from '../output/examples.ts';
import { findPlaces, shownPath } from '../places.ts';
import { readSettings } from '../read-settings.ts';

/** `capstan apply`. */
export function addApplyCommand(program: Command, run: CommandRunner): void {
  program
    .command('apply [file]')
    .description('bring a running server in line with its capstan.yaml, without a restart')
    .option('--plan', 'only show what would change; exit code 2 when that is anything')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `${examples([
        ['capstan apply --plan', 'what the file says and the server does not do'],
        ['capstan apply', 'make it so'],
      ])}

The server reads the file that it was started with. A file with an error changes nothing. What holds from the
start of the server, such as its port, is named and waits for a restart.`,
    )
    .action((file: string | undefined, flags: { readonly plan?: boolean }, command: Command) =>
      run(command, (context) => apply(context, file, flags.plan === true)),
    );
}

async function apply(context: CommandContext, file: string | undefined, isPlan: boolean): Promise<number> {
  const { io, printer, backend } = context;
  const host = await backend();
  if (host.origin === 'in process') return checkAlone(context, file);
  const plan = await host.administer<SettingsPlanJson>({
    method: 'POST',
    path: ['apply'],
    body: { plan: isPlan, ...(file === undefined ? {} : { file: resolve(io.cwd, file) }) },
  });
  if (printer.format === 'json') printer.json(plan);
  else printer.text(planText(plan, context));
  return isPlan && plan.changes.length + plan.restart.length > 0 ? EXIT_DIFFERENT : EXIT_OK;
}

/** Without a server there is nothing to compare with: what can be said is whether the file is right. */
function checkAlone({ io, options, printer }: CommandContext, file: string | undefined): number {
  const places = findPlaces(io, file === undefined ? options : { ...options, config: file });
  const reading = readSettings(io, places);
  if (reading === undefined) throw usageError('there is no capstan.yaml here', 'Name one: capstan apply FILE.');
  const shown = places.config ?? 'capstan.yaml';
  if (printer.format === 'json')
    printer.json({ file: resolve(io.cwd, shown), applied: false, changes: [], restart: [] });
  else printer.text(`${shown} is right; no server runs on this data folder, so it counts from the next start`);
  return EXIT_OK;
}

const SIGNS: Readonly<Record<PlannedChangeJson['kind'], string>> = { add: '+', remove: '-', change: '~' };

function planText({ file, applied, changes, restart }: SettingsPlanJson, { io, printer }: CommandContext): string {
  const { paint } = printer;
  const shown = shownPath(io.cwd, file);
  const lines = changes.map((change) => changeLine(change, paint));
  const waiting = restart.map((change) => changeLine(change, paint));
  const head =
    changes.length === 0
      ? `${shown}: nothing to change`
      : `${shown}: ${changes.length} ${changes.length === 1 ? 'change' : 'changes'}${applied ? ', made' : ', not made yet'}`;
  return [
    head,
    ...(lines.length === 0 ? [] : ['', ...lines]),
    ...(waiting.length === 0 ? [] : ['', 'needs a restart of the server:', ...waiting]),
  ].join('\n');
}

function changeLine(
  { kind, path, before, after, note }: PlannedChangeJson,
  paint: CommandContext['printer']['paint'],
): string {
  const colour = { add: paint.good, remove: paint.bad, change: paint.warn }[kind];
  const what =
    kind === 'change' ? `${valueText(before)} -> ${valueText(after)}` : valueText(kind === 'add' ? after : before);
  const remark = note === undefined ? '' : paint.quiet(`  (${oneLine(note)})`);
  return `${colour(SIGNS[kind])} ${oneLine(path)}: ${what}${remark}`;
}

function valueText(value: JsonValue | undefined): string {
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value ?? null));
}
