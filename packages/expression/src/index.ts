export {
  createExpressionLanguage,
  type Expression,
  type ExpressionLanguage,
  type ExpressionReading,
  type VariableType,
  type VariableTypes,
  type VariableValues,
} from './expression-language.ts';
export type { ExpressionReference } from './expression-references.ts';
export { readTemplate, type Template, type TemplateProblem, type TemplateReading } from './template.ts';
