import { Command } from 'commander';
import type { CliIo } from './cli-io.ts';
import type { CommandRunner } from './command-context.ts';
import { addApplyCommand } from './commands/apply-command.ts';
import { addApprovalCommands } from './commands/approval-commands.ts';
import { addAuditCommands } from './commands/audit-commands.ts';
import { addCacheCommands } from './commands/cache-commands.ts';
import { addCheckCommand } from './commands/check-command.ts';
import { addConfigCommands } from './commands/config-commands.ts';
import { addConnectionCommands } from './commands/connection-commands.ts';
import { addContractCommands } from './commands/contract-commands.ts';
import { addKeyCommands } from './commands/key-commands.ts';
import { addMcpCommand } from './commands/mcp-command.ts';
import { addPackCommands } from './commands/pack-commands.ts';
import { addPolicyCommands } from './commands/policy-commands.ts';
import { addSecretCommands } from './commands/secret-commands.ts';
import { addServeCommand } from './commands/serve-command.ts';
import { addStartCommand } from './commands/start-command.ts';
import { addStatusCommand } from './commands/status-command.ts';
import { addToolCommands } from './commands/tool-commands.ts';
import { addTopCommand } from './commands/top-command.ts';
import { addWorkflowCommands } from './commands/workflow-commands.ts';
import { addWorkspaceCommands } from './commands/workspace-commands.ts';
import { addGlobalOptions } from './global-options.ts';
import { examples } from './output/examples.ts';
import { VERSION } from './version.ts';

/** All commands, declared: names, options, help. */
export function createProgram(io: CliIo, run: CommandRunner): Command {
  const program = new Command('capstan')
    .description('A host for capability packs: tools for AI agents, loaded, configured, governed and served.')
    .version(VERSION, '-V, --version')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // Errors are told once, by whoever runs the program.
      outputError: () => {},
      getOutHelpWidth: () => helpWidth(io.stdout.columns),
      getErrHelpWidth: () => helpWidth(io.stderr.columns),
    });
  addGlobalOptions(program);
  addStartCommand(program, run);
  addToolCommands(program, run);
  addPackCommands(program, run);
  addConfigCommands(program, run);
  addConnectionCommands(program, run);
  addApplyCommand(program, run);
  addWorkspaceCommands(program, run);
  addKeyCommands(program, run);
  addSecretCommands(program, run);
  addPolicyCommands(program, run);
  addApprovalCommands(program, run);
  addStatusCommand(program, run);
  addTopCommand(program, run);
  addCheckCommand(program, run);
  addAuditCommands(program, run);
  addCacheCommands(program, run);
  addContractCommands(program, run);
  addMcpCommand(program, run);
  addServeCommand(program, run);
  addWorkflowCommands(program, run);
  return program.addHelpText(
    'after',
    examples([
      ['capstan start', 'serve the tools of ./capstan.yaml over MCP and REST'],
      ['capstan tool list --search message', 'find a tool'],
      ['capstan tool call line_send_message --arg to=U1 --json @message.json', 'call one'],
      ['capstan pack validate ./my-pack', 'check a pack while you write it'],
    ]),
  );
}

function helpWidth(columns: number | undefined): number {
  return Math.min(columns ?? 100, 100);
}
