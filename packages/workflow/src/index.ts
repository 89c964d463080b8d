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
export { formatPlan, planAsMermaid, planWorkflow, type WorkflowPlan } from './plan/workflow-plan.ts';
