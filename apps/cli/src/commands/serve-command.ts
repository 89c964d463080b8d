import type { Command } from 'commander';
import type { CommandRunner } from '../command-context.ts';
import { jsonFlag } from '../global-options.ts';
import { examples } from '../output/examples.ts';
import type { ServeFlags } from '../serve/serve.ts';

/** `capstan serve`. */
export function addServeCommand(program: Command, run: CommandRunner): void {
  program
    .command('serve')
    .description('serve one pack, or one file of tools, as an MCP server: on stdin and stdout, or over HTTP')
    .argument('<path>', "a pack's folder, or a .ts or .js file that exports tools made with defineTool")
    .addOption(jsonFlag())
    .option('--http', 'over HTTP, behind a bearer token, in place of stdin and stdout')
    .option('--host <address>', 'where it listens with --http; default 127.0.0.1')
    .option('--port <number>', 'its port with --http; default 7430, 0 for any')
    .option('--token <token>', 'the bearer token with --http; default CAPSTAN_SERVE_TOKEN, else a new one')
    .option('--set <key=value...>', 'settings of the pack; references such as env:NAME keep secrets out of the command')
    .option('--allow-private <network...>', 'private networks that its calls may reach, such as 127.0.0.0/8')
    .addHelpText(
      'after',
      `${examples([
        ['capstan serve ./tools.ts', 'for a client that starts its servers itself'],
        ['capstan serve ./packs/weather --set api_key=env:WEATHER_KEY', 'a pack'],
        ['capstan serve ./tools.ts --http --token secret', 'at http://127.0.0.1:7430/mcp'],
      ])}

Code of the path runs in this process: whoever serves it trusts it. No capstan.yaml and no data folder are used.`,
    )
    .action((path: string, flags: ServeFlags, command: Command) =>
      run(command, async (context) => {
        const { serve } = await import('../serve/serve.ts');
        return serve(context, path, flags);
      }),
    );
}
