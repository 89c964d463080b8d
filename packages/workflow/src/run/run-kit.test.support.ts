import { CapstanError, type InvocationOutcome, type JsonObject, type JsonValue } from '@capstan/sdk';
import { readWorkflowText } from '../definition/read-workflow.ts';
import type { WorkflowDefinition } from '../definition/workflow-definition.ts';
import type { StartRunRequest, WorkflowEngine } from '../engine.ts';
import type { ToolCall } from './run-environment.ts';
import type { RunResult } from './step-outcome.ts';

/** What a tool of a test does: it gives a value, or fails. */
export type TestTool = (input: JsonObject, call: ToolCall) => Promise<JsonValue> | JsonValue;

/** A call as a test remembers it. */
export interface SeenCall {
  readonly tool: string;
  readonly key: string;
  readonly input: JsonObject;
}

/** Calls the tools of a test, and remembers in which order. */
export class TestTools {
  readonly calls: SeenCall[] = [];
  /** How many calls were under way at once at most. */
  mostAtOnce = 0;
  #running = 0;
  readonly #tools: Readonly<Record<string, TestTool>>;

  constructor(tools: Readonly<Record<string, TestTool>>) {
    this.#tools = tools;
  }

  readonly call = async (call: ToolCall): Promise<InvocationOutcome> => {
    const executionId = `exe_${this.calls.length}`;
    this.calls.push({ tool: call.tool, key: call.idempotencyKey.replace(/^run_[^:]*:/, ''), input: call.arguments });
    this.#running += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running);
    try {
      const tool = this.#tools[call.tool];
      if (tool === undefined) throw new CapstanError('CAPSTAN_TOOL_NOT_FOUND', `no tool ${call.tool}`);
      return { status: 'succeeded', executionId, result: { value: await tool(call.arguments, call) } };
    } catch (error) {
      const known = error instanceof CapstanError ? error : new CapstanError('CAPSTAN_TOOL_FAILED', String(error));
      return { status: 'failed', executionId, error: known };
    } finally {
      this.#running -= 1;
    }
  };

  get names(): readonly string[] {
    return this.calls.map(({ tool }) => tool);
  }
}

/** Reads a workflow that has to be right. */
function definitionOf(text: string): WorkflowDefinition {
  const { definition, diagnostics } = readWorkflowText({ path: 'test.yaml', text });
  if (definition === undefined) throw new Error(diagnostics.map(({ message }) => message).join('; '));
  return definition;
}

const PRINCIPAL = { id: 'user:ann', roles: ['agent'], permissions: [] } as const;

/** A request for a run in the default workspace. */
export function startOf(text: string, inputs: JsonObject = {}): StartRunRequest {
  return { definition: definitionOf(text), workspace: 'default', principal: PRINCIPAL, inputs };
}

/** Starts a run and waits for its end. */
export async function runToEnd(engine: WorkflowEngine, text: string, inputs: JsonObject = {}): Promise<RunResult> {
  const runId = await engine.start(startOf(text, inputs));
  const result = await engine.result({ workspace: 'default', runId });
  if (result === undefined) throw new Error('the run did not end');
  return result;
}
