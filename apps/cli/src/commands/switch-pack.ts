import type { PackSwitch } from '../backend/backend.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
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
    printer.text(packsText([pack], printer));
  }
  return EXIT_OK;
}
