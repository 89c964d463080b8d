import { CapstanError, type InvocationOutcome, type InvocationResult, isErrorCode, type WireError } from '@capstan/sdk';
import type { CallTool, RunResult, ToolCall, WorkflowEngine } from '@capstan/workflow';
import { atCallDepth } from '../backends/call-context.ts';
import type { InvokeRequest } from '../host.ts';
import type { ToolLookup } from '../pipeline/resolve.ts';
import { runIdIn } from './run-handle.ts';

/** Workflows that call workflows that call workflows: deeper than this is taken for a loop. */
const MAX_CALL_DEPTH = 8;

interface CallToolOptions {
  readonly invoke: (request: InvokeRequest) => Promise<InvocationOutcome>;
  readonly lookup: ToolLookup;
  readonly engine: WorkflowEngine;
}

/**
 * The one way in which steps call tools: an ordinary call of the host, as the one who started the run. A step whose tool
 * is a workflow waits for the end of that run, however long it takes.
 */
export function callToolOver({ invoke, lookup, engine }: CallToolOptions): CallTool {
  return async (call) => {
    const depth = call.run.depth + 1;
    if (depth > MAX_CALL_DEPTH) return tooDeep(depth);
    const { workspace, namespace } = call.run;
    const own = namespace === undefined ? undefined : lookup(workspace, `${namespace}.${call.tool}`);
    const outcome = await invoke(atCallDepth(requestOf(call, own?.definition.id ?? call.tool), depth));
    const runId = outcome.status === 'succeeded' ? runIdIn(outcome.result) : undefined;
    if (runId === undefined) return outcome;
    const result = await engine.result({ workspace, runId }, { signal: call.signal });
    if (result !== undefined) return outcomeOfRun(result, runId, outcome.executionId);
    await engine.cancel({ workspace, runId });
    return failed(outcome.executionId, new CapstanError('CAPSTAN_CANCELLED', `the run ${runId} was cancelled`));
  };
}

function requestOf(call: ToolCall, tool: string): InvokeRequest {
  const { run, connection, deadline, signal, idempotencyKey } = call;
  return {
    workspace: run.workspace,
    tool,
    arguments: call.arguments,
    principal: run.principal,
    surface: 'workflow',
    idempotencyKey,
    signal,
    ...(connection === undefined ? {} : { connection }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(run.traceparent === undefined ? {} : { traceparent: run.traceparent }),
  };
}

function outcomeOfRun(result: RunResult, runId: string, executionId: string): InvocationOutcome {
  if (result.state === 'succeeded') return { status: 'succeeded', executionId, result: valueResult(result.output) };
  return failed(executionId, errorOfRun(result, runId));
}

function valueResult(value: InvocationResult['value']): InvocationResult {
  return { value };
}

/** The error of a run that did not succeed: that of the step, with where it was. */
export function errorOfRun(result: Exclude<RunResult, { readonly state: 'succeeded' }>, runId: string): CapstanError {
  if (result.state === 'cancelled') {
    return new CapstanError('CAPSTAN_CANCELLED', `the run ${runId} was cancelled`, { details: { run_id: runId } });
  }
  const { error, step } = result;
  const where = step === undefined ? `the run ${runId} failed` : `the step '${step}' failed`;
  return new CapstanError(codeOf(error), `${where}: ${error.message}`, {
    hint: error.hint,
    retriable: error.retriable,
    details: { ...error.details, run_id: runId, ...(step === undefined ? {} : { step }) },
  });
}

function codeOf({ code }: WireError): WireError['code'] {
  return isErrorCode(code) ? code : 'CAPSTAN_TOOL_FAILED';
}

function failed(executionId: string, error: CapstanError): InvocationOutcome {
  return { status: 'failed', executionId, error };
}

function tooDeep(depth: number): InvocationOutcome {
  const error = new CapstanError('CAPSTAN_TOOL_FAILED', `workflows called each other ${depth} levels deep`, {
    hint: 'Two workflows probably call each other; break the loop.',
  });
  return failed('', error);
}
