import type { Backend } from '../backend/backend.ts';
import type { ToolJson } from '../backend/views.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { stateName, stateSign } from '../output/state-text.ts';
import { formatTable } from '../output/table.ts';

/** `capstan tool list`. */
export async function listTools({ options, printer, backend }: CommandContext, search?: string): Promise<number> {
  const tools = await allTools(await backend(), options.workspace, search);
  if (printer.format === 'json') printer.json({ items: tools });
  else if (tools.length === 0) printer.text(emptyText(options.workspace, search));
  else printer.text(toolTable(tools, printer));
  return EXIT_OK;
}

/** Every page of a workspace's tools. */
export async function allTools(backend: Backend, workspace: string, search?: string): Promise<readonly ToolJson[]> {
  const tools: ToolJson[] = [];
  let cursor: string | undefined;
  do {
    const page = await backend.listTools({
      workspace,
      limit: 1000,
      ...(search === undefined ? {} : { search }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    tools.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== undefined);
  return tools;
}

function toolTable(tools: readonly ToolJson[], { paint, width }: CommandContext['printer']): string {
  return formatTable(
    tools,
    [
      {
        title: 'TOOL',
        cell: ({ name, state }) => `${stateSign(state, paint).sign} ${name}`,
        paint: (text, { state }) => stateSign(state, paint).paint(text),
      },
      { title: 'PACK', cell: ({ pack }) => pack },
      { title: 'STATE', cell: ({ state }) => stateName(state) },
      { title: 'DOES', cell: ({ description }) => description, flexible: true },
    ],
    { paint, ...(width === undefined ? {} : { width }) },
  );
}

function emptyText(workspace: string, search: string | undefined): string {
  return search === undefined
    ? `no tools in workspace ${workspace} yet: "capstan pack list" shows the packs, "capstan pack enable CODE -w ${workspace}" brings in their tools`
    : `no tool of workspace ${workspace} fits "${search}"; "capstan tool list" shows all`;
}
