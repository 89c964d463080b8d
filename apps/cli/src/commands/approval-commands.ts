import type { JsonObject } from '@capstan/sdk';
import { type Command, Option } from 'commander';
import type { PageJson } from '../backend/views.ts';
import type { CommandContext, CommandRunner } from '../command-context.ts';
import { EXIT_OK } from '../exit-code.ts';
import { jsonFlag } from '../global-options.ts';
import { examples } from '../output/examples.ts';
import { formatTable } from '../output/table.ts';

/** A call that waits, in the form of the REST surface. */
interface ApprovalJson extends JsonObject {
  readonly id: string;
  readonly tool: string;
  readonly principal: string;
  readonly reason: string;
  readonly state: string;
  readonly requested_at: string;
  readonly expires_at: string;
}

const STATES = ['pending', 'approved', 'rejected', 'consumed', 'all'] as const;

/** `capstan approval …`. */
export function addApprovalCommands(program: Command, run: CommandRunner): void {
  const approval = program.command('approval').description('decide calls that wait for an operator');
  approval
    .command('list')
    .description('list the calls that wait')
    .addOption(new Option('--state <state>', 'those in this state').choices(STATES).default('pending'))
    .addOption(jsonFlag())
    .addHelpText('after', examples([['capstan approval list -w support', 'what waits in one workspace']]))
    .action((flags: { readonly state: string }, command: Command) =>
      run(command, (context) => listApprovals(context, flags.state)),
    );
  approval
    .command('show <id>')
    .description('show one: who wants to call what, with which arguments, and why it waits')
    .addOption(jsonFlag())
    .addHelpText('after', examples([['capstan approval show apr_0199', 'before it is decided']]))
    .action((id: string, _flags: object, command: Command) => run(command, (context) => showApproval(context, id)));
  addVerdict(approval, run, 'approve', 'let the call be made, once, when the agent makes it again');
  addVerdict(approval, run, 'deny', 'refuse the call');
}

function addVerdict(approval: Command, run: CommandRunner, verb: 'approve' | 'deny', description: string): void {
  approval
    .command(`${verb} <id>`)
    .description(description)
    .option('--comment <text>', 'why, for the audit')
    .addOption(jsonFlag())
    .addHelpText('after', examples([[`capstan approval ${verb} apr_0199 --comment "seen"`, 'with a word why']]))
    .action((id: string, flags: { readonly comment?: string }, command: Command) =>
      run(command, (context) => decide(context, { id, verb, ...flags })),
    );
}

async function listApprovals({ options, printer, backend }: CommandContext, state: string): Promise<number> {
  const path = ['workspaces', options.workspace, 'approvals'];
  const { items: all } = await (await backend()).administer<PageJson<ApprovalJson>>({ method: 'GET', path });
  const items = all.filter((one) => state === 'all' || one.state === state);
  if (printer.format === 'json') printer.json({ items });
  else if (items.length === 0) printer.text(`no calls ${state === 'pending' ? 'wait' : `are ${state}`}`);
  else {
    const columns = [
      { title: 'ID', cell: ({ id }: ApprovalJson) => id, paint: (text: string) => printer.paint.strong(text) },
      { title: 'TOOL', cell: ({ tool }: ApprovalJson) => tool },
      { title: 'PRINCIPAL', cell: ({ principal }: ApprovalJson) => principal },
      { title: 'WHY', cell: ({ reason }: ApprovalJson) => reason, flexible: true },
      { title: 'STATE', cell: (one: ApprovalJson) => one.state },
      { title: 'EXPIRES', cell: ({ expires_at: expires }: ApprovalJson) => expires },
    ];
    printer.text(formatTable(items, columns, { paint: printer.paint, ...widthOf(printer.width) }));
  }
  return EXIT_OK;
}

async function showApproval({ options, printer, backend }: CommandContext, id: string): Promise<number> {
  const path = ['workspaces', options.workspace, 'approvals', id];
  const approval = await (await backend()).administer<ApprovalJson>({ method: 'GET', path });
  if (printer.format === 'json') printer.json(approval);
  else printer.text(approvalText(approval));
  return EXIT_OK;
}

interface Verdict {
  readonly id: string;
  readonly verb: 'approve' | 'deny';
  readonly comment?: string;
}

async function decide(context: CommandContext, { id, verb, comment }: Verdict): Promise<number> {
  const { options, printer, backend } = context;
  const path = ['workspaces', options.workspace, 'approvals', id, verb];
  const body = comment === undefined ? {} : { comment };
  const approval = await (await backend()).administer<ApprovalJson>({ method: 'POST', path, body });
  if (printer.format === 'json') printer.json(approval);
  else {
    const after = verb === 'approve' ? `; ${approval.principal} can make the identical call once` : '';
    printer.text(`${id} is ${approval.state}${after}`);
  }
  return EXIT_OK;
}

function approvalText({ arguments: given, ...facts }: ApprovalJson): string {
  const lines = Object.entries(facts).map(([name, value]) => `${name.padEnd(18)}${String(value)}`);
  return [...lines, 'arguments', JSON.stringify(given ?? null, undefined, 2)].join('\n');
}

function widthOf(width: number | undefined): { readonly width?: number } {
  return width === undefined ? {} : { width };
}
