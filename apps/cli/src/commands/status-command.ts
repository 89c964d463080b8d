import type { Command } from 'commander';
import type { ConnectionJson, PackJson } from '../backend/views.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { EXIT_OK, exitCodeOf } from '../exit-code.ts';
import { jsonFlag } from '../global-options.ts';
import { examples } from '../output/examples.ts';
import { type HostCondition, statusText } from '../output/status-text.ts';

/** `capstan status`. */
export function addStatusCommand(program: Command, run: CommandRunner): void {
  program
    .command('status')
    .description('what is broken, since when, and what is being done about it')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([
        ['capstan status -w support', 'open circuits, packs and connections that do not work'],
        ['capstan status -o json', 'for a monitor: the exit code is 0 where nothing is broken'],
      ]),
    )
    .action((_flags: object, command: Command) => run(command, showStatus));
}

async function showStatus({ options, printer, backend }: CommandContext): Promise<number> {
  const host = await backend();
  const [packs, circuits, connections] = await Promise.all([
    host.listPacks(options.workspace),
    host.listCircuits(options.workspace),
    host.listConnections(options.workspace),
  ]);
  const condition: HostCondition = {
    origin: host.origin,
    workspace: options.workspace,
    circuits: circuits.filter(({ state }) => state !== 'closed'),
    packs: packs.filter(isBrokenPack),
    connections: connections.filter(isBrokenConnection),
    counts: {
      circuits: circuits.length,
      packs: packs.filter(({ enabled }) => enabled).length,
      connections: connections.length,
    },
  };
  const isHealthy = condition.circuits.length + condition.packs.length + condition.connections.length === 0;
  if (printer.format === 'json') printer.json({ healthy: isHealthy, ...condition });
  else printer.text(statusText(condition, printer, Date.now()));
  return exitCode(condition, isHealthy);
}

/** What nobody enabled is in nobody's way. */
function isBrokenPack({ enabled, state }: PackJson): boolean {
  return enabled && ['rejected', 'failed', 'degraded', 'needs_config', 'stopped', 'draining'].includes(state.kind);
}

/** One that nobody has tested is not broken, as far as anybody knows. */
function isBrokenConnection({ status }: ConnectionJson): boolean {
  return status === 'needs_reauth' || status === 'unavailable';
}

/** What waits for a person alone (config, a sign-in) is told apart from what does not work. */
function exitCode({ circuits, packs, connections }: HostCondition, isHealthy: boolean): number {
  if (isHealthy) return EXIT_OK;
  const waits =
    circuits.length === 0 &&
    packs.every(({ state }) => state.kind === 'needs_config') &&
    connections.every(({ status }) => status === 'needs_reauth');
  return exitCodeOf(waits ? 'CAPSTAN_NEEDS_CONFIG' : 'CAPSTAN_CIRCUIT_OPEN');
}
