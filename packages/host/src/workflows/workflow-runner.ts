import { CapstanError, type ToolContext } from '@capstan/sdk';
import type { RunPlace, WorkflowDefinition, WorkflowEngine } from '@capstan/workflow';
import { CallContext } from '../backends/call-context.ts';
import { UpstreamResult } from '../backends/upstream-result.ts';
import type { BoundTool, ToolRunner } from '../workspace/tool-entry.ts';
import { errorOfRun } from './call-tool.ts';
import { runHandle } from './run-handle.ts';

const READY = { kind: 'ready' } as const;
/** Who waits longer than this gets a handle: clients of agents give up after half a minute. */
const QUICK_MS = 10_000;
/** A handle has to be on its way before the deadline. */
const MARGIN_MS = 250;

interface WorkflowRunnerOptions {
  readonly toolId: string;
  readonly namespace: string;
  readonly definition: WorkflowDefinition;
  readonly engine: WorkflowEngine;
}

/** Runs a tool that is a composition of tools: its result when it is quick, else a handle of the run. */
export function workflowRunner(options: WorkflowRunnerOptions): ToolRunner {
  const bound: BoundTool = { connectionId: undefined, run: (input, context) => run({ ...input }, context, options) };
  return {
    bind: () => bound,
    state: () => READY,
    connectionIds: () => [],
    isDurable: options.engine.isDurable,
    workflow: options.definition,
  };
}

type Inputs = Parameters<WorkflowEngine['start']>[0]['inputs'];

async function run(inputs: Inputs, context: ToolContext, options: WorkflowRunnerOptions): Promise<unknown> {
  const { definition, engine, namespace, toolId } = options;
  const workspace = context.workspaceId;
  const call = context instanceof CallContext ? context : undefined;
  const runId = await engine.start({
    definition,
    workspace,
    principal: context.principal,
    inputs,
    namespace,
    tool: toolId,
    depth: call?.depth ?? 0,
    ...(call?.traceparent === undefined ? {} : { traceparent: call.traceparent }),
    // Without a key of the caller's own, each call starts a run of its own.
    ...(context.idempotencyKey === context.executionId ? {} : { idempotencyKey: context.idempotencyKey }),
  });
  const place = { workspace, runId };
  if (call?.isDetached === true) return new UpstreamResult(runHandle(runId));
  return untilQuick(place, context, engine);
}

async function untilQuick(place: RunPlace, context: ToolContext, engine: WorkflowEngine): Promise<unknown> {
  const stop = context.wantsProgress === true ? reportProgress(place, context, engine) : undefined;
  try {
    const timeoutMs = Math.max(0, Math.min(QUICK_MS, context.deadline - Date.now() - MARGIN_MS));
    const result = await engine.result(place, { timeoutMs, signal: context.signal });
    if (result?.state === 'succeeded') return result.output;
    if (result !== undefined) throw errorOfRun(result, place.runId);
    if (!context.signal.aborted) return new UpstreamResult(runHandle(place.runId));
    await engine.cancel(place);
    throw new CapstanError('CAPSTAN_CANCELLED', `the caller cancelled the run ${place.runId}`);
  } finally {
    stop?.();
  }
}

/** How many steps are over, of how many. */
function reportProgress(place: RunPlace, context: ToolContext, engine: WorkflowEngine): () => void {
  let most = -1;
  return engine.watch(place, () => {
    engine
      .find(place)
      .then((view) => {
        const done = view?.steps.filter(({ endedAt }) => endedAt !== undefined) ?? [];
        if (view === undefined || done.length <= most) return;
        most = done.length;
        context.progress({ progress: done.length, total: view.steps.length, message: `${done.length} steps are over` });
      })
      .catch((cause: unknown) => context.logger.warn('the progress of a run cannot be read', { cause }));
  });
}
