/** Every diagnostic of workflows, once; `docs/formats/workflow.md` explains each. Those of the notation are `CAPSTAN_WORKFLOW_YAML_…`. */
export const WORKFLOW_DIAGNOSTICS = {
  CAPSTAN_WORKFLOW_NOT_A_WORKFLOW: 'error',
  CAPSTAN_WORKFLOW_MISSING_KEY: 'error',
  CAPSTAN_WORKFLOW_UNKNOWN_KEY: 'error',
  CAPSTAN_WORKFLOW_VALUE: 'error',
  CAPSTAN_WORKFLOW_STEP_ACTION: 'error',
  CAPSTAN_WORKFLOW_DUPLICATE_STEP: 'error',
  CAPSTAN_WORKFLOW_UNKNOWN_STEP: 'error',
  CAPSTAN_WORKFLOW_UNKNOWN_INPUT: 'error',
  CAPSTAN_WORKFLOW_UNKNOWN_TOOL: 'error',
  CAPSTAN_WORKFLOW_CYCLE: 'error',
  CAPSTAN_WORKFLOW_NOT_RUN_YET: 'error',
  CAPSTAN_WORKFLOW_EXPRESSION: 'error',
  CAPSTAN_WORKFLOW_ARGUMENT: 'error',
  CAPSTAN_WORKFLOW_TYPE: 'error',
  CAPSTAN_WORKFLOW_IMPORT: 'error',
  CAPSTAN_WORKFLOW_IMPORTED: 'warning',
} as const;

/** The code of one of this package's diagnostics. */
export type WorkflowDiagnosticCode = keyof typeof WORKFLOW_DIAGNOSTICS;
