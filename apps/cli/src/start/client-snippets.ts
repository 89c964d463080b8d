import { jsonText } from '../output/printer.ts';
import type { SampleCall } from './sample-call.ts';
import { shellLine } from './shell-quote.ts';

/** The entry for an MCP client that connects over HTTP, as it is pasted into its settings. */
export function httpClientSnippet(mcpUrl: string, key: string): string {
  const entry = { type: 'http', url: mcpUrl, headers: { Authorization: `Bearer ${key}` } };
  return jsonText({ mcpServers: { capstan: entry } }, 2);
}

/** The same for a client that starts the server itself and talks over stdio; on one line. */
export function stdioClientSnippet(command: readonly string[]): string {
  const [program = '', ...args] = command;
  return jsonText({ mcpServers: { capstan: { command: program, args } } });
}

/** A call with curl, on one line, that works as it is printed. */
export function curlLine(apiUrl: string, workspace: string, key: string, call: SampleCall): string {
  return shellLine([
    'curl',
    '-s',
    `${apiUrl}/v1/workspaces/${encodeURIComponent(workspace)}/tools/${encodeURIComponent(call.tool)}/invoke`,
    '-H',
    `Authorization: Bearer ${key}`,
    '-H',
    'Content-Type: application/json',
    '-d',
    jsonText({ arguments: call.arguments, ...(call.connection === undefined ? {} : { connection: call.connection }) }),
  ]);
}
