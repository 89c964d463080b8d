import type { JsonValue } from '@capstan/sdk';
import type { CommandContext } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';

/** How a tool differs from what was accepted, in the form of the REST surface. */
interface ContractJson {
  readonly tool: string;
  readonly kind: 'changed' | 'new' | 'same';
  readonly blocked: boolean;
  readonly changes: readonly { readonly pointer: string; readonly before?: JsonValue; readonly after?: JsonValue }[];
  readonly digest: string;
}

/** `capstan tool diff`: without a name, which tools there are to look at. */
export async function diffTool(context: CommandContext, name: string | undefined): Promise<number> {
  const { options, printer, backend } = context;
  const host = await backend();
  if (name === undefined) {
    const path = ['workspaces', options.workspace, 'changed-tools'];
    const { items } = await host.administer<{ readonly items: readonly ContractJson[] }>({ method: 'GET', path });
    if (printer.format === 'json') printer.json({ items });
    else if (items.length === 0) printer.text('every tool is as it was accepted');
    else
      printer.text(items.map(({ tool, kind, blocked }) => `${tool}  ${kind}${blocked ? ', blocked' : ''}`).join('\n'));
    return EXIT_OK;
  }
  const difference = await host.administer<ContractJson>({ method: 'GET', path: pathOf(context, name) });
  if (printer.format === 'json') printer.json(difference);
  else printer.text(differenceText(difference));
  return EXIT_OK;
}

/** `capstan tool accept`. */
export async function acceptTool(context: CommandContext, name: string, digest: string | undefined): Promise<number> {
  const { printer, backend } = context;
  const path = [...pathOf(context, name), 'accept'];
  const body = digest === undefined ? {} : { digest };
  const accepted = await (await backend()).administer<ContractJson>({ method: 'POST', path, body });
  if (printer.format === 'json') printer.json(accepted);
  else printer.text(`${accepted.tool} is accepted as it is`);
  return EXIT_OK;
}

function pathOf({ options }: CommandContext, name: string): readonly string[] {
  return ['workspaces', options.workspace, 'tools', name, 'contract'];
}

function differenceText({ tool, kind, changes, digest }: ContractJson): string {
  if (kind === 'same') return `${tool} is as it was accepted`;
  const lines = changes.flatMap(({ pointer, before, after }) => [
    pointer === '' ? 'the whole definition' : pointer,
    ...(before === undefined ? [] : [`  - ${JSON.stringify(before)}`]),
    ...(after === undefined ? [] : [`  + ${JSON.stringify(after)}`]),
  ]);
  return [
    `${tool} ${kind === 'new' ? 'is new' : 'changed'}`,
    ...lines,
    '',
    `next: capstan tool accept ${tool} --digest ${digest}`,
  ].join('\n');
}
