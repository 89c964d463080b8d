import type { PackJson } from '../backend/views.ts';
import type { CliIo } from '../cli-io.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import type { GlobalOptions } from '../global-options.ts';
import { oneLine } from '../output/display-text.ts';
import type { Printer } from '../output/printer.ts';
import { stateDetails, stateName, stateSign } from '../output/state-text.ts';
import { formatTable } from '../output/table.ts';
import { findPlaces } from '../places.ts';
import { staleSettingsHint } from '../stale-settings.ts';

/** `capstan pack list`. */
export async function listPacks({ io, options, printer, backend }: CommandContext): Promise<number> {
  const host = await backend();
  const packs = await host.listPacks(options.workspace);
  if (printer.format === 'json') printer.json({ items: packs });
  else printer.text(packs.length === 0 ? emptyText(io, options, host.origin) : packsText(packs, printer));
  const stale = staleSettingsHint(io, options, host.origin);
  if (stale !== undefined) printer.note(`${printer.notePaint.warn('!')} ${stale}`);
  return EXIT_OK;
}

/** In a folder without settings the folder is more likely wrong than the settings missing. */
function emptyText(io: CliIo, options: GlobalOptions, origin: string): string {
  const { config, folder } = findPlaces(io, options);
  if (origin !== 'in process' || config !== undefined) return noPacksText();
  return `no capstan.yaml here (looked in ${folder}): run this where it is, or name it with --config.\n\n${noPacksText()}`;
}

/** What to do when there is no pack at all. */
export function noPacksText(): string {
  return [
    'no packs yet: a pack is a folder with a manifest.yaml, or an npm package.',
    'List the folders that hold yours under discover: in capstan.yaml, for example',
    '',
    '  version: 1',
    '  discover: [./packs/*]',
    '  workspaces:',
    '    default:',
    '      packs: [my_pack]',
  ].join('\n');
}

/** The table of packs, and below it what each one needs. */
export function packsText(packs: readonly PackJson[], printer: Printer): string {
  const details = packs.flatMap((pack) => detailLines(pack, printer));
  return [packTable(packs, printer), ...(details.length === 0 ? [] : ['', ...details])].join('\n');
}

function packTable(packs: readonly PackJson[], { paint, width }: Printer): string {
  return formatTable(
    packs,
    [
      {
        title: 'PACK',
        cell: ({ code, state }) => `${stateSign(state, paint).sign} ${code}`,
        paint: (text, { state }) => stateSign(state, paint).paint(text),
      },
      { title: 'VERSION', cell: ({ version }) => version },
      { title: 'STATE', cell: ({ state }) => stateName(state) },
      { title: 'ENABLED', cell: ({ enabled }) => (enabled ? 'yes' : 'no') },
      { title: 'TOOLS', cell: ({ tool_count }) => String(tool_count) },
      { title: 'NAME', cell: ({ display_name }) => display_name, flexible: true },
      { title: 'FROM', cell: ({ origin }) => origin, flexible: true },
    ],
    { paint, ...(width === undefined ? {} : { width }) },
  );
}

function detailLines(pack: PackJson, { paint }: Printer): readonly string[] {
  const lines = [...stateDetails(pack.state), ...deniedVariables(pack), ...settingsWarnings(pack)];
  if (lines.length === 0) return [];
  const { sign, paint: inColour } = stateSign(pack.state, paint);
  return [
    `${inColour(sign)} ${paint.strong(pack.code)} ${stateName(pack.state)}`,
    ...lines.map((line) => `    ${line}`),
  ];
}

/** What the operator wrote to no effect. The warnings of a manifest are its author's, and `pack validate` has them. */
export function settingsWarnings({ enabled, diagnostics }: PackJson): readonly string[] {
  if (!enabled) return [];
  return diagnostics
    .filter(({ code, severity }) => code === 'CAPSTAN_CONFIG_INVALID' && severity === 'warning')
    .map(({ message, hint }) => `warning: ${oneLine(message)}${hint === undefined ? '' : ` (${oneLine(hint)})`}`);
}

/** A variable that the manifest reads and the operator has not allowed explains many a missing key. */
function deniedVariables({ enabled, environment, state }: PackJson): readonly string[] {
  if (!enabled || state.kind !== 'needs_config') return [];
  const denied = environment.filter(({ allowed }) => !allowed).map(({ name }) => name);
  return denied.length === 0 ? [] : [`may not read ${denied.join(', ')} yet: list them under environment: of the pack`];
}
