import {
  createExpressionLanguage,
  type Expression,
  type ExpressionLanguage,
  type VariableValues,
} from '@capstan/expression';

const TYPES = { body: 'dyn', status: 'int', headers: 'map<string, string>', input: 'dyn' } as const;

/** What an expression can speak of: the answer of a service, and the arguments of the call. */
export interface AnswerVariables extends VariableValues<typeof TYPES> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** An expression about an answer. */
export type AnswerExpression = Expression<typeof TYPES>;

/** Reads expressions about answers. */
export const answerLanguage: ExpressionLanguage<typeof TYPES> = createExpressionLanguage(TYPES);
