import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readYaml } from '@capstan/schema';
import { isErrorCode, type JsonObject, type JsonValue } from '@capstan/sdk';
import type { AdministrativeRequest } from '../backend/administration.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_OK, exitCodeOf } from '../exit-code.ts';
import { usageError } from '../failure-report.ts';
import { plainText } from '../output/display-text.ts';
import { changedSteps, type RunJson, runText } from '../output/run-text.ts';
import { formatTable } from '../output/table.ts';
import { readJsonInput } from '../tool-arguments/json-input.ts';

/** The options of `capstan workflow run`. */
export interface RunFlags {
  readonly inputs?: string;
  readonly key?: string;
  readonly detach?: boolean;
}

/** The options of `capstan workflow runs`. */
export interface RunsFlags {
  readonly state?: string;
  readonly tool?: string;
  readonly limit?: string;
}

const FOLLOW_MS = 300;

/** `capstan workflow list`. */
export async function listWorkflows({ options, printer, backend }: CommandContext): Promise<number> {
  const { tools } = await (await backend()).catalog(options.workspace);
  const workflows = tools
    .filter(({ definition }) => definition.backendKind === 'workflow')
    .map(({ exposedName, definition }) => ({ name: exposedName, description: definition.description }));
  if (printer.format === 'json') printer.json({ items: workflows });
  else if (workflows.length === 0) printer.text(`no tool of workspace ${options.workspace} is a workflow`);
  else printer.text(workflows.map(({ name, description }) => plainText(`${name}  ${description}`)).join('\n'));
  return EXIT_OK;
}

/** `capstan workflow run`. */
export async function runWorkflow(context: CommandContext, name: string, flags: RunFlags): Promise<number> {
  const { io, printer } = context;
  const inputs = flags.inputs === undefined ? {} : await readJsonInput(flags.inputs, io);
  const path = resolve(io.cwd, name);
  const body = existsSync(path) ? { workflow: readWorkflowFile(path, name), inputs } : { name, arguments: inputs };
  const { run_id: id } = await ask<{ readonly run_id: string }>(context, [], {
    method: 'POST',
    body,
    ...(flags.key === undefined ? {} : { headers: { 'idempotency-key': flags.key } }),
  });
  if (flags.detach !== true) return followRun(context, id);
  if (printer.format === 'json') printer.json({ run_id: id });
  else printer.text(id);
  return EXIT_OK;
}

function readWorkflowFile(path: string, name: string): JsonValue {
  const { value, diagnostics } = readYaml(readFileSync(path, 'utf8'), { path: name, codePrefix: 'CAPSTAN_WORKFLOW' });
  const [first] = diagnostics;
  if (value === undefined)
    throw usageError(`cannot read ${name}: ${first?.message}`, 'Check it with "capstan workflow plan".');
  // What readYaml gives is plain JSON data.
  return value as JsonValue;
}

/** `capstan workflow runs`. */
export async function listRuns(context: CommandContext, { state, tool, limit }: RunsFlags): Promise<number> {
  const { printer } = context;
  const page = await ask<{ readonly items: readonly RunJson[] }>(context, [], {
    method: 'GET',
    query: { state, tool, limit },
  });
  if (printer.format === 'json') printer.json(page);
  else if (page.items.length === 0) printer.text('no runs');
  else
    printer.text(
      formatTable(
        page.items,
        [
          { title: 'RUN', cell: ({ run_id }) => run_id },
          { title: 'STATE', cell: ({ state: now }) => now },
          { title: 'TOOL', cell: ({ tool: id }) => id ?? '-' },
          { title: 'STARTED', cell: ({ started_at }) => started_at },
          { title: 'BY', cell: ({ principal }) => principal, flexible: true },
        ],
        { paint: printer.paint, ...(printer.width === undefined ? {} : { width: printer.width }) },
      ),
    );
  return EXIT_OK;
}

/** `capstan workflow show`. */
export async function showRun(
  context: CommandContext,
  id: string,
  { follow = false }: { readonly follow?: boolean },
): Promise<number> {
  if (follow) return followRun(context, id);
  const run = await ask<RunJson>(context, [id], { method: 'GET' });
  if (context.printer.format === 'json') context.printer.json(run);
  else context.printer.text(plainText(runText(run, Date.now())));
  return EXIT_OK;
}

/** `capstan workflow events`, and the end of `run` and `show --follow`: changes go to stderr, the run itself to stdout. */
export async function followRun(context: CommandContext, id: string): Promise<number> {
  const { printer } = context;
  let before: RunJson | undefined;
  for (;;) {
    const run = await ask<RunJson>(context, [id], { method: 'GET' });
    for (const line of changedSteps(before, run)) printer.note(plainText(line));
    before = run;
    if (run.state !== 'running') break;
    await setTimeout(FOLLOW_MS);
  }
  if (printer.format === 'json') printer.json(before);
  else printer.text(plainText(runText(before, Date.now())));
  if (before.state === 'succeeded') return EXIT_OK;
  const code = before.error?.code;
  return exitCodeOf(isErrorCode(code) ? code : 'CAPSTAN_CANCELLED');
}

/** `capstan workflow cancel`, `resume`, `fork` and `approve`. */
export async function steerRun(
  context: CommandContext,
  id: string,
  { path, body }: { readonly path: readonly string[]; readonly body?: JsonObject },
): Promise<number> {
  const answer = await ask<{ readonly run_id: string }>(context, [id, ...path], {
    method: 'POST',
    ...(body === undefined ? {} : { body }),
  });
  if (context.printer.format === 'json') context.printer.json(answer);
  else context.printer.text(answer.run_id);
  return EXIT_OK;
}

/** `capstan workflow send`. */
export async function sendToRun(
  context: CommandContext,
  id: string,
  { event, payload }: { readonly event: string; readonly payload?: string },
): Promise<number> {
  const brought = payload === undefined ? null : await readJsonInput(payload, context.io);
  return steerRun(context, id, { path: ['events'], body: { event, payload: brought } });
}

async function ask<Answer>(
  { options, backend }: CommandContext,
  path: readonly string[],
  request: Omit<AdministrativeRequest, 'path'>,
): Promise<Answer> {
  const host = await backend();
  return host.administer<Answer>({ ...request, path: ['workspaces', options.workspace, 'runs', ...path] });
}
