import { RUN_STATES } from '@capstan/workflow';
import type { Command } from 'commander';
import type { CommandRunner } from '../command-context.ts';
import { jsonFlag } from '../global-options.ts';
import { examples } from '../output/examples.ts';
import { planWorkflowFile } from './plan-workflow-file.ts';
import {
  followRun,
  listRuns,
  listWorkflows,
  type RunFlags,
  type RunsFlags,
  runWorkflow,
  sendToRun,
  showRun,
  steerRun,
} from './run-commands.ts';

interface PlanFlags {
  readonly mermaid?: boolean;
}

/** `capstan workflow …`. */
export function addWorkflowCommands(program: Command, run: CommandRunner): void {
  const workflow = program.command('workflow').description('read, run and watch workflows');
  addPlan(workflow, run);
  addList(workflow, run);
  addRun(workflow, run);
  addRuns(workflow, run);
  addShow(workflow, run);
  addSteering(workflow, run);
  addAnswers(workflow, run);
}

function addList(workflow: Command, run: CommandRunner): void {
  workflow
    .command('list')
    .description('list the tools that are workflows')
    .addOption(jsonFlag())
    .action((_flags: object, command: Command) => run(command, listWorkflows));
}

function addRun(workflow: Command, run: CommandRunner): void {
  workflow
    .command('run')
    .description('start a workflow and follow it to its end; exit code 0 only when it succeeded')
    .argument('<name>', 'a tool that is a workflow, or the path of a workflow file')
    .option('--inputs <object>', "the inputs as a JSON object; '-' reads stdin, '@file' a file")
    .option('--key <text>', 'starting again with the same key gives the same run')
    .option('--detach', 'print the id of the run and do not wait')
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      examples([
        [`capstan workflow run research_brief --inputs '{"topic":"tea"}'`, 'a tool'],
        ['capstan workflow run ./research.yaml --detach', 'a file; the run goes on by itself'],
      ]),
    )
    .action((name: string, flags: RunFlags, command: Command) =>
      run(command, (context) => runWorkflow(context, name, flags)),
    );
}

function addRuns(workflow: Command, run: CommandRunner): void {
  workflow
    .command('runs')
    .description('list runs, the newest first')
    .option('--state <state>', `only ${RUN_STATES.join(', ')}`)
    .option('--tool <id>', 'only runs of this tool')
    .option('--limit <count>', 'how many (50)')
    .addOption(jsonFlag())
    .action((flags: RunsFlags, command: Command) => run(command, (context) => listRuns(context, flags)));
}

function addShow(workflow: Command, run: CommandRunner): void {
  workflow
    .command('show')
    .description('show a run as a tree: states, durations, inputs and results (redacted)')
    .argument('<run>', 'the id of a run')
    .option('--follow', 'follow it until it is over')
    .addOption(jsonFlag())
    .action((id: string, flags: { readonly follow?: boolean }, command: Command) =>
      run(command, (context) => showRun(context, id, flags)),
    );
  workflow
    .command('events')
    .description('print what happens in a run, a line for each change, until it is over')
    .argument('<run>', 'the id of a run')
    .addOption(jsonFlag())
    .action((id: string, _flags: object, command: Command) => run(command, (context) => followRun(context, id)));
}

function addSteering(workflow: Command, run: CommandRunner): void {
  const actions = [
    ['cancel', 'cancel a run: calls under way are ended, what was done is undone'],
    ['resume', 'go on with a run that failed or was cancelled: what succeeded stays'],
  ] as const;
  for (const [action, description] of actions) {
    workflow
      .command(action)
      .description(description)
      .argument('<run>', 'the id of a run')
      .addOption(jsonFlag())
      .action((id: string, _flags: object, command: Command) =>
        run(command, (context) => steerRun(context, id, { path: [action] })),
      );
  }
  workflow
    .command('fork')
    .description('start a new run that does a step and those after it again')
    .argument('<run>', 'the id of a run')
    .argument('<step>', 'the id of a step')
    .addOption(jsonFlag())
    .action((id: string, from_step: string, _flags: object, command: Command) =>
      run(command, (context) => steerRun(context, id, { path: ['fork'], body: { from_step } })),
    );
}

function addAnswers(workflow: Command, run: CommandRunner): void {
  workflow
    .command('send')
    .description('send a run an event')
    .argument('<run>', 'the id of a run')
    .argument('<event>', 'its name')
    .option('--payload <json>', 'what it brings, as a JSON object')
    .addOption(jsonFlag())
    .action((id: string, event: string, flags: { readonly payload?: string }, command: Command) =>
      run(command, (context) => sendToRun(context, id, { event, ...flags })),
    );
  workflow
    .command('approve')
    .description('answer a step that waits for an approval')
    .argument('<run>', 'the id of a run')
    .argument('<step>', 'the id of a step')
    .option('--reject', 'do not approve it')
    .addOption(jsonFlag())
    .action((id: string, step: string, { reject = false }: { readonly reject?: boolean }, command: Command) =>
      run(command, (context) => steerRun(context, id, { path: ['approvals', step], body: { approved: !reject } })),
    );
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
