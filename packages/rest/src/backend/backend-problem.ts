import { type CompiledSchema, pointerPath } from '@capstan/schema';
import type { JsonValue } from '@capstan/sdk';
import { type AnswerExpression, answerLanguage } from '../answer-expression.ts';
import { readValue, type TemplateComplaint, type ValueTemplate } from '../template/value-template.ts';

/** One thing that is wrong with a backend, and where. */
export interface BackendProblem {
  /** Keys and indexes from the backend's own root. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string;
}

/** Collects what is wrong while the parts of a backend are read. */
export class ProblemList {
  readonly problems: BackendProblem[] = [];

  add(path: BackendProblem['path'], message: string, hint?: string): void {
    this.problems.push({ path, message, ...(hint === undefined ? {} : { hint }) });
  }

  /** Reads a template; what is wrong with it is listed under the path. */
  value(path: BackendProblem['path'], value: JsonValue): ValueTemplate {
    const complain: TemplateComplaint = (inner, message, hint) => this.add([...path, ...inner], message, hint);
    return readValue(value, complain);
  }

  /** Reads an expression; `undefined` where there is none, or where it is wrong and listed. */
  expression(path: BackendProblem['path'], source: string | undefined): AnswerExpression | undefined {
    if (source === undefined) return undefined;
    const reading = answerLanguage.read(source);
    if (reading.ok) return reading.expression;
    this.add(
      path,
      `not an expression: ${reading.message}`,
      'Expressions are CEL; they see body, status, headers, input.',
    );
    return undefined;
  }

  /** Lists what a schema finds. */
  shape(schema: CompiledSchema, value: unknown): void {
    for (const { pointer, message, hint, keyword } of schema.problems(value)) {
      // Beside the mistake itself, Ajv says that the `if` around it did not hold.
      if (keyword !== 'if') this.add(pointerPath(pointer), message, hint);
    }
  }
}
