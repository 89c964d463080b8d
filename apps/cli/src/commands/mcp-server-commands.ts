import { readFileSync } from 'node:fs';
import { readClaudeServers } from '@capstan/mcp';
import { CapstanError, type JsonObject } from '@capstan/sdk';
import type { Command } from 'commander';
import type { McpServerJson } from '../backend/views.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { jsonFlag, ownsUrl, ownUrlOf } from '../global-options.ts';
import { oneLine } from '../output/display-text.ts';
import { examples } from '../output/examples.ts';
import type { Printer } from '../output/printer.ts';
import { stateDetails, stateName, stateSign } from '../output/state-text.ts';
import { formatTable } from '../output/table.ts';

/** What `capstan mcp add` takes beside the name. */
interface AddFlags {
  readonly url?: string | undefined;
  readonly token?: string;
  readonly header?: readonly string[];
  readonly env?: readonly string[];
  readonly prefix?: string;
  readonly tools?: string;
  readonly transport?: string;
  readonly share?: string;
  readonly trustAnnotations?: boolean;
}

/** `capstan mcp add`, `list`, `remove` and `import`. */
export function addMcpServerCommands(mcp: Command, run: CommandRunner): void {
  addAddCommand(mcp, run);
  mcp
    .command('list')
    .description('list the MCP servers of a workspace and their states')
    .addOption(jsonFlag())
    .action((_flags: object, command: Command) => run(command, listServers));
  mcp
    .command('remove <name>')
    .description('remove an MCP server that was added')
    .action((name: string, _flags: object, command: Command) => run(command, (context) => removeServer(context, name)));
  mcp
    .command('import <file>')
    .description('add every server of a file with "mcpServers", as Claude, Cursor and others keep it')
    .addOption(jsonFlag())
    .action((file: string, _flags: object, command: Command) =>
      run(command, (context) => importServers(context, file)),
    );
}

function addAddCommand(mcp: Command, run: CommandRunner): void {
  const add = mcp.command('add <name> [command...]');
  ownsUrl(add)
    .description('add an MCP server, so that its tools are tools of the workspace')
    .option('--url <url>', 'a server that is reached over HTTP')
    .option('--token <token>', `sent as a bearer token; '\${VAR}' is read from the environment when it is needed`)
    .option('--header <name:value>', 'a header of every request; may be repeated', collect)
    .option('--env <name=value>', 'a variable of the process; may be repeated', collect)
    .option('--prefix <text>', 'put before the name of each tool')
    .option('--tools <names>', 'only these tools, separated by commas')
    .option('--transport <form>', 'auto, streamable_http or sse')
    .option('--share <with>', 'who shares a session: principal, workspace or host')
    .option('--trust-annotations', 'let the hints of the server decide about retries and the read lane')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `${examples([
        ['capstan mcp add everything -- npx -y @modelcontextprotocol/server-everything', 'a process'],
        [`capstan mcp add docs --url https://mcp.example.com/mcp --token '\${DOCS_TOKEN}'`, 'over HTTP'],
      ])}

A process runs as you, with PATH and HOME of the host and what --env names. To add it is to trust it.`,
    )
    .action((name: string, words: readonly string[], flags: AddFlags, command: Command) =>
      run(command, (context) => addServer(context, name, declarationOf(words, { ...flags, url: ownUrlOf(command) }))),
    );
}

/** What was written, in the words of `mcp_servers`. */
function declarationOf([command, ...args]: readonly string[], flags: AddFlags): JsonObject {
  const { url, token, prefix, tools, transport, share, trustAnnotations } = flags;
  return withoutUndefined({
    url,
    command,
    args: args.length === 0 ? undefined : args,
    env: pairs(flags.env, '='),
    headers: pairs(flags.header, ':'),
    token,
    prefix,
    selected_tools: tools?.split(',').map((name) => name.trim()),
    transport,
    share,
    trust_annotations: trustAnnotations,
  });
}

async function addServer(context: CommandContext, name: string, server: JsonObject): Promise<number> {
  const { options, printer } = context;
  const host = await context.backend({ changes: true });
  const added = await host.addMcpServer(name, server, options.workspace);
  if (printer.format === 'json') printer.json(added);
  else printer.text(`${name} is added to workspace ${options.workspace}\n\n${serversText([added], printer)}`);
  return EXIT_OK;
}

async function importServers(context: CommandContext, file: string): Promise<number> {
  const { options, printer } = context;
  const { servers, warnings } = readClaudeServers(readJson(file));
  const host = await context.backend({ changes: true });
  const added: McpServerJson[] = [];
  for (const [name, declaration] of servers) {
    added.push(await host.addMcpServer(name, { ...declaration } as JsonObject, options.workspace));
  }
  for (const warning of warnings) printer.note(oneLine(warning));
  if (printer.format === 'json') printer.json({ items: added });
  else printer.text(added.length === 0 ? 'nothing was added' : serversText(added, printer));
  return EXIT_OK;
}

async function listServers({ options, printer, backend }: CommandContext): Promise<number> {
  const servers = await (await backend()).listMcpServers(options.workspace);
  if (printer.format === 'json') printer.json({ items: servers });
  else if (servers.length > 0) printer.text(serversText(servers, printer));
  else printer.text('no MCP servers yet: capstan mcp add NAME -- COMMAND, or --url URL');
  return EXIT_OK;
}

async function removeServer(context: CommandContext, name: string): Promise<number> {
  const { options, printer } = context;
  const host = await context.backend({ changes: true });
  await host.removeMcpServer(name, options.workspace);
  printer.text(`${name} is removed from workspace ${options.workspace}`);
  return EXIT_OK;
}

function serversText(servers: readonly McpServerJson[], { paint, width }: Printer): string {
  const table = formatTable(
    servers,
    [
      {
        title: 'SERVER',
        cell: ({ name, state }) => `${stateSign(state, paint).sign} ${name}`,
        paint: (text, { state }) => stateSign(state, paint).paint(text),
      },
      { title: 'STATE', cell: ({ state }) => stateName(state) },
      { title: 'TOOLS', cell: ({ tool_count }) => String(tool_count) },
      { title: 'PACK', cell: ({ pack }) => pack ?? '' },
      { title: 'FROM', cell: ({ origin }) => oneLine(origin), flexible: true },
    ],
    { paint, ...(width === undefined ? {} : { width }) },
  );
  const details = servers.flatMap(({ name, state }) => stateDetails(state).map((line) => `${name}: ${line}`));
  return details.length === 0 ? table : [table, '', ...details].join('\n');
}

function collect(word: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, word];
}

function pairs(words: readonly string[] | undefined, separator: string): JsonObject | undefined {
  if (words === undefined) return undefined;
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf(separator);
      if (at > 0) return [word.slice(0, at).trim(), word.slice(at + 1).trim()];
      throw new CapstanError('CAPSTAN_INVALID_REQUEST', `"${oneLine(word)}" has no "${separator}" in it`, {
        hint: separator === '=' ? 'Write --env NAME=value.' : 'Write --header "Name: value".',
      });
    }),
  );
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new CapstanError('CAPSTAN_INVALID_REQUEST', `${file} cannot be read as JSON`, { cause });
  }
}

function withoutUndefined(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
