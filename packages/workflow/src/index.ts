export type { KnownTool, KnownTools } from './definition/check-tools.ts';
export { WORKFLOW_DIAGNOSTICS, type WorkflowDiagnosticCode } from './definition/diagnostic-codes.ts';
export {
  type ReadWorkflowOptions,
  readWorkflow,
  readWorkflowText,
  type WorkflowReading,
} from './definition/read-workflow.ts';
export type { PlacedDocument } from './definition/report.ts';
export type { WorkflowDefinition, WorkflowStep } from './definition/workflow-definition.ts';
export { WORKFLOW_SCHEMA } from './definition/workflow-schema.ts';
export type {
  ApprovalAnswer,
  ListRunsQuery,
  RunPage,
  RunPlace,
  RunSummary,
  ScheduledWorkflow,
  StartRunRequest,
  WaitOptions,
  WorkflowEngine,
} from './engine.ts';
export { createMemoryEngine, type MemoryEngineOptions } from './memory/memory-engine.ts';
export { formatPlan, planAsMermaid, planWorkflow, type WorkflowPlan } from './plan/workflow-plan.ts';
export type { CallTool, RunStart, Timer, ToolCall } from './run/run-environment.ts';
export { RUN_STATES, type RunState, type RunView, type StepView, type WaitView } from './run/run-view.ts';
export { Slots } from './run/slots.ts';
export type { CompensationOutcome, RunResult, StepOutcome } from './run/step-outcome.ts';
