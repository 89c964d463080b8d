import type { Command } from 'commander';
import type { CommandRunner } from '../command-context.ts';
import { jsonFlag } from '../global-options.ts';
import { examples } from '../output/examples.ts';
import { planWorkflowFile } from './plan-workflow-file.ts';

interface PlanFlags {
  readonly mermaid?: boolean;
}

/** `capstan workflow …`. */
export function addWorkflowCommands(program: Command, run: CommandRunner): void {
  const workflow = program.command('workflow').description('read, run and watch workflows');
  addPlan(workflow, run);
}

function addPlan(workflow: Command, run: CommandRunner): void {
  workflow
    .command('plan')
    .description('check a workflow file and print its graph; exit code 2 when there is an error')
    .argument('<file>', 'a workflow, in our form, the form of the lesson, or a playbook')
    .option('--mermaid', 'print a Mermaid flowchart')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([
        ['capstan workflow plan research.yaml', 'level by level'],
        ['capstan workflow plan research.yaml --mermaid', 'a flowchart for a README'],
      ]),
    )
    .action((file: string, flags: PlanFlags, command: Command) =>
      run(command, (context) => planWorkflowFile(context, file, flags)),
    );
}
