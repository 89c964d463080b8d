import {
  createExpressionLanguage,
  type Expression,
  type ExpressionLanguage,
  type Template,
  type VariableValues,
} from '@capstan/expression';

const TYPES = { inputs: 'dyn', steps: 'dyn', run: 'dyn', item: 'dyn', index: 'int' } as const;

/** What expressions of a workflow can speak of. `item` and `index` have a value inside of `for_each` only. */
export type WorkflowVariables = VariableValues<typeof TYPES>;
/** An expression of a workflow. */
export type WorkflowExpression = Expression<typeof TYPES>;
/** A value of a workflow whose texts may hold `${{ expressions }}`. */
export type WorkflowTemplate = Template<typeof TYPES>;

/** Reads the expressions of workflows. */
export const workflowLanguage: ExpressionLanguage<typeof TYPES> = createExpressionLanguage(TYPES);
