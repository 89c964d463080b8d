import type { PackSwitch } from '../backend/backend.ts';
import type { PackJson } from '../backend/views.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { oneLine } from '../output/display-text.ts';
import { packsText } from './list-packs.ts';

/** `capstan pack enable` and `capstan pack disable`. */
export async function switchPack(context: CommandContext, change: Omit<PackSwitch, 'workspace'>): Promise<number> {
  const { options, printer } = context;
  const host = await context.backend({ changes: true });
  const pack = await host.switchPack({ workspace: options.workspace, ...change });
  if (printer.format === 'json') printer.json(pack);
  else {
    printer.text(`${pack.code} is ${pack.enabled ? 'enabled' : 'disabled'} in workspace ${options.workspace}\n`);
    if (pack.enabled && pack.reaches.length > 0) printer.text(`its calls may reach ${pack.reaches.join(', ')}\n`);
    if (pack.enabled) printer.text(wishText(pack, options.workspace));
    printer.text(packsText([pack], printer));
  }
  return EXIT_OK;
}

/** Variables that the pack asks for and may not read yet, each with what it is for. */
function wishText({ code, environment }: PackJson, workspace: string): string {
  const wanted = environment.filter(({ allowed }) => !allowed);
  if (wanted.length === 0) return '';
  return [
    'it would read these variables of the host, and may not yet:',
    ...wanted.map(({ name, purpose }) => `  ${name}  ${oneLine(purpose)}`),
    `let it with: capstan pack enable ${code} -w ${workspace} --allow-env ${wanted.map(({ name }) => name).join(',')}`,
    '',
  ].join('\n');
}
