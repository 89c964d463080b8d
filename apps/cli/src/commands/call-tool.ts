import { CapstanError, type InvocationOutcome, type InvocationResult, type ToolProgress } from '@capstan/sdk';
import type { Backend } from '../backend/backend.ts';
import { toOutcomeJson } from '../backend/outcome-json.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_OK, EXIT_PENDING, exitCodeOf } from '../exit-code.ts';
import { reportFailure } from '../failure-report.ts';
import { oneLine } from '../output/display-text.ts';
import { contentText, valueText } from '../output/result-text.ts';
import { readJsonInput } from '../tool-arguments/json-input.ts';
import { buildArguments, type WrittenArgument } from '../tool-arguments/tool-arguments.ts';
import { unknownTool } from './describe-tool.ts';

/** What was asked for. */
export interface ToolCallOrder {
  readonly name: string;
  readonly written: readonly WrittenArgument[];
  readonly json?: string;
  readonly connection?: string;
}

/** `capstan tool call`: Ctrl-C cancels the call, all the way to the remote service. */
export async function callTool(context: CommandContext, order: ToolCallOrder): Promise<number> {
  const { io, options, printer } = context;
  const given = order.json === undefined ? {} : await readJsonInput(order.json, io);
  const host = await context.backend();
  const tool = await host.findTool(order.name, options.workspace);
  const cancel = new AbortController();
  const stopListening = io.onSignal(() => cancel.abort());
  try {
    // An unknown tool is called all the same: the host counts and records it like any other call.
    const outcome = await host.invoke({
      workspace: options.workspace,
      tool: order.name,
      arguments: buildArguments(given, order.written, tool?.input_schema ?? true),
      signal: cancel.signal,
      ...(order.connection === undefined ? {} : { connection: order.connection }),
      ...(printer.format === 'json' ? {} : { onProgress: (step) => printer.note(progressText(step)) }),
    });
    return tell(context, await withOwnHint(outcome, host, order.name, options.workspace));
  } finally {
    stopListening();
  }
}

function tell({ printer, options }: CommandContext, outcome: InvocationOutcome): number {
  if (printer.format === 'json') printer.json(toOutcomeJson(outcome));
  else if (outcome.status === 'succeeded') printer.text(resultText(outcome.result));
  else if (outcome.status === 'pending') printer.note(pendingText(outcome.approval.id));
  else reportFailure(outcome.error, printer, options, outcome.executionId);
  return exitCodeOfOutcome(outcome);
}

function exitCodeOfOutcome(outcome: InvocationOutcome): number {
  if (outcome.status === 'succeeded') return EXIT_OK;
  return outcome.status === 'pending' ? EXIT_PENDING : exitCodeOf(outcome.error.code);
}

function pendingText(approval: string): string {
  return `pending: an operator has to approve this call (approval ${approval})`;
}

/** The same failure with the next action of somebody who sits at a command line. */
async function withOwnHint(
  outcome: InvocationOutcome,
  host: Backend,
  name: string,
  workspace: string,
): Promise<InvocationOutcome> {
  if (outcome.status !== 'failed') return outcome;
  const { error } = outcome;
  const hint = await ownHint(error, host, name, workspace);
  if (hint === undefined) return outcome;
  const { code, message, details, retriable, cause } = error;
  return { ...outcome, error: new CapstanError(code, message, { hint, details, retriable, cause }) };
}

async function ownHint(
  error: CapstanError,
  host: Backend,
  name: string,
  workspace: string,
): Promise<string | undefined> {
  switch (error.code) {
    case 'CAPSTAN_TOOL_NOT_FOUND':
      return (await unknownTool(host, name, workspace)).hint;
    case 'CAPSTAN_INVALID_ARGUMENTS':
      return `Correct the arguments listed in details.problems; "capstan tool describe ${name}" shows what the tool takes.`;
    case 'CAPSTAN_TOOL_FAILED':
    case 'CAPSTAN_PACK_FAILED':
      // A server has a log for this; a host that lives for one command has none.
      return host.origin === 'in process' ? 'Run it again with --debug to see the cause.' : undefined;
    default:
      return undefined;
  }
}

function resultText({ value, content }: InvocationResult): string {
  return content === undefined ? valueText(value) : contentText(content);
}

function progressText({ progress, total, message }: ToolProgress): string {
  const share = total === undefined ? String(progress) : `${progress}/${total}`;
  return `… ${share}${message === undefined ? '' : ` ${oneLine(message)}`}`;
}
