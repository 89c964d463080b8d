import { compileSchema, maskSecrets } from '@capstan/schema';
import { CapstanError, type InvocationOutcome, type JsonObject, type JsonSchema, type JsonValue } from '@capstan/sdk';
import { type RunView, readWorkflow, type StepView, type WorkflowEngine } from '@capstan/workflow';
import type { InvokeRequest } from '../host.ts';
import type { ToolLookup } from '../pipeline/resolve.ts';
import { runIdIn } from './run-handle.ts';
import type { Runs, StartRun } from './runs.ts';

interface RunsOptions {
  readonly engine: WorkflowEngine;
  readonly invoke: (request: InvokeRequest) => Promise<InvocationOutcome>;
  readonly lookup: ToolLookup;
}

const DEFAULT_WORKSPACE = 'default';

/** The runs of a host. */
export function runsOver({ engine, invoke, lookup }: RunsOptions): Runs {
  return {
    isDurable: engine.isDurable,
    start: (request) =>
      request.tool === undefined ? startWorkflow(request, engine) : startTool(request, request.tool, invoke),
    async find(place) {
      const view = await engine.find(place);
      return view === undefined ? undefined : redacted(view, lookup);
    },
    result: (place, options) => engine.result(place, options),
    list: (query) => engine.list(query),
    cancel: (place) => engine.cancel(place),
    resume: (place) => engine.resume(place),
    fork: (place, fromStep) => engine.fork(place, fromStep),
    send: (place, event, payload) => engine.send(place, event, payload),
    approve: (place, step, answer) => engine.approve(place, step, answer),
    watch: (place, listener) => engine.watch(place, listener),
  };
}

async function startTool(request: StartRun, tool: string, invoke: RunsOptions['invoke']): Promise<string> {
  const { workspace, principal, inputs, idempotencyKey } = request;
  const outcome = await invoke({
    tool,
    principal,
    isDetached: true,
    ...(workspace === undefined ? {} : { workspace }),
    ...(inputs === undefined ? {} : { arguments: inputs }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  });
  if (outcome.status === 'failed' || outcome.status === 'denied') throw outcome.error;
  const runId = outcome.status === 'succeeded' ? runIdIn(outcome.result) : undefined;
  if (runId !== undefined) return runId;
  throw new CapstanError('CAPSTAN_INVALID_REQUEST', `the tool ${JSON.stringify(tool.slice(0, 128))} is no workflow`, {
    hint: 'Call it, or start a tool whose backend is "workflow:".',
  });
}

async function startWorkflow(request: StartRun, engine: WorkflowEngine): Promise<string> {
  const { workspace = DEFAULT_WORKSPACE, principal, workflow, inputs = {}, idempotencyKey } = request;
  const place = { path: 'workflow', line: 1, column: 1 };
  const { definition, diagnostics } = readWorkflow(workflow ?? null, { locate: () => place });
  if (definition === undefined) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    throw new CapstanError('CAPSTAN_INVALID_REQUEST', `the workflow cannot run: ${errors[0]?.message ?? ''}`, {
      hint: 'Check it with "capstan workflow plan".',
      details: { problems: errors.map(({ code, message, hint }) => ({ code, message, hint })) },
    });
  }
  refuseUnfit(definition.inputSchema, inputs);
  const key = idempotencyKey === undefined ? {} : { idempotencyKey: `${workspace} ${principal.id} ${idempotencyKey}` };
  return engine.start({ definition, workspace, principal, inputs, ...key });
}

function refuseUnfit(schema: JsonSchema, inputs: JsonObject): void {
  const compilation = compileSchema(schema, { origin: 'own' });
  const problems = compilation.ok ? compilation.schema.problems(inputs) : [];
  if (problems.length === 0) return;
  const said = problems.slice(0, 3).map(({ message }) => message);
  throw new CapstanError('CAPSTAN_INVALID_ARGUMENTS', `the inputs do not fit: ${said.join('; ')}`, {
    details: { problems: problems.slice(0, 20).map(({ pointer, message }) => ({ pointer, message })) },
  });
}

function redacted(view: RunView, lookup: ToolLookup): RunView {
  const tool = view.tool === undefined ? undefined : lookup(view.workspace, view.tool);
  const inputs = tool === undefined ? view.inputs : tool.redact(view.inputs);
  const shown = {
    ...view,
    // A redactor gives what it was given, with texts in the place of secrets.
    inputs: inputs as JsonObject,
    steps: view.steps.map((step) => redactedStep(step, view, lookup)),
  };
  // Every part of it is JSON.
  return JSON.parse(maskSecrets(JSON.stringify(shown))) as RunView;
}

function redactedStep(step: StepView, { workspace }: RunView, lookup: ToolLookup): StepView {
  const tool = lookup(workspace, step.work);
  if (step.input === undefined || tool === undefined) return step;
  return { ...step, input: tool.redact(step.input) as JsonValue };
}
