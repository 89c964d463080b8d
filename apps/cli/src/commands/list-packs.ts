import type { PackJson } from '../backend/views.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import type { Printer } from '../output/printer.ts';
import { stateDetails, stateName, stateSign } from '../output/state-text.ts';
import { formatTable } from '../output/table.ts';

/** `capstan pack list`. */
export async function listPacks({ options, printer, backend }: CommandContext): Promise<number> {
  const packs = await (await backend()).listPacks(options.workspace);
  if (printer.format === 'json') printer.json({ items: packs });
  else printer.text(packs.length === 0 ? noPacksText() : packsText(packs, printer));
  return EXIT_OK;
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
  const lines = [...stateDetails(pack.state), ...deniedVariables(pack)];
  if (lines.length === 0) return [];
  const { sign, paint: inColour } = stateSign(pack.state, paint);
  return [
    `${inColour(sign)} ${paint.strong(pack.code)} ${stateName(pack.state)}`,
    ...lines.map((line) => `    ${line}`),
  ];
}

/** A variable that the manifest reads and the operator has not allowed explains many a missing key. */
function deniedVariables({ enabled, environment, state }: PackJson): readonly string[] {
  if (!enabled || state.kind !== 'needs_config') return [];
  const denied = environment.filter(({ allowed }) => !allowed).map(({ name }) => name);
  return denied.length === 0 ? [] : [`may not read ${denied.join(', ')} yet: list them under environment: of the pack`];
}
