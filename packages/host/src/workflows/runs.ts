import type { JsonObject, JsonValue, Principal } from '@capstan/sdk';
import type { WorkflowEngine } from '@capstan/workflow';

/** What starts a run: a tool that is a workflow, or a workflow itself. */
export interface StartRun {
  readonly workspace?: string;
  readonly principal: Principal;
  /** Tool id, exposed name or alias. */
  readonly tool?: string;
  /** In any form that can be read; its steps call tools as the principal. */
  readonly workflow?: JsonValue;
  readonly inputs?: JsonObject;
  readonly idempotencyKey?: string;
}

/** The runs of workflows, for surfaces: what the engine has, with secrets redacted. */
export interface Runs extends Omit<WorkflowEngine, 'open' | 'close' | 'start' | 'schedule'> {
  /**
   * Starts a run and does not wait for it. A tool is called through all rules of the host.
   * @throws CapstanError where the call is refused, or the workflow is none
   */
  start(request: StartRun): Promise<string>;
}
