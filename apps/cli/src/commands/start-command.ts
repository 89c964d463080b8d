import type { Command } from 'commander';
import type { CommandRunner } from '../command-context.ts';
import { jsonFlag } from '../global-options.ts';
import { examples } from '../output/examples.ts';
import type { StartFlags } from '../start/start-flags.ts';

/** `capstan start`. */
export function addStartCommand(program: Command, run: CommandRunner): void {
  program
    .command('start')
    .description('serve the tools of capstan.yaml over MCP and REST, until Ctrl-C')
    .option('--port <number>', 'the port (default: PORT, else server.port of the settings, else 7420; 0: any)')
    .option('--host <address>', 'the address to listen on (default: server.host of the settings, else 127.0.0.1)')
    .option('--with-example', 'start the example remote service too, and point the example pack at it')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `${examples([
        ['capstan start', 'the tools of ./capstan.yaml'],
        ['capstan start --with-example', 'something to try it on'],
        ['capstan start --port 8080 --config /etc/capstan.yaml --data /var/lib/capstan', 'on a server'],
        ['capstan start --json > started.json', 'addresses and keys for a program, on one line'],
      ])}

The keys are printed here and kept in keys.json of the data folder; no log has them.`,
    )
    .action((flags: StartFlags, command: Command) =>
      run(command, async (context) => {
        const { start } = await import('../start/start.ts');
        return start(context, flags);
      }),
    );
}
