import type { SchemaProblem } from '@capstan/schema';
import { CapstanError, type InvocationOutcome, type JsonObject } from '@capstan/sdk';
import { runIdIn } from '../workflows/run-handle.ts';
import type { Interceptor, Invocation } from './invocation.ts';
import { failed } from './outcome.ts';

const MAX_NAMED_PROBLEMS = 20;

/** Checks the arguments; every problem is named, with its JSON Pointer (RFC 6901). */
export const validateStage: Interceptor = {
  stage: 'validate',
  intercept(invocation, next) {
    const schema = invocation.tool?.input();
    if (!schema) throw new Error('validate runs after resolve');
    if (schema.accepts(invocation.arguments)) return next(invocation);
    return failed(invocation, invalidArguments(schema.problems(invocation.arguments)));
  },
};

/** Checks the result, where the tool says what it gives. */
export const validateOutputStage: Interceptor = {
  stage: 'validate_output',
  intercept(invocation, next) {
    const schema = invocation.tool?.output();
    if (!schema) return next(invocation);
    return next(invocation).then((outcome) => {
      if (outcome.status !== 'succeeded' || schema.accepts(outcome.result.value)) return outcome;
      // A run that goes on has no result yet.
      if (runIdIn(outcome.result) !== undefined) return outcome;
      return invalidOutput(invocation, schema.problems(outcome.result.value));
    });
  },
};

function invalidArguments(problems: readonly SchemaProblem[]): CapstanError {
  const summary = problems.slice(0, 3).map((problem) => problem.message);
  return new CapstanError('CAPSTAN_INVALID_ARGUMENTS', `the arguments do not fit: ${summary.join('; ')}`, {
    details: { problems: problemsOnTheWire(problems) },
  });
}

function invalidOutput(invocation: Invocation, problems: readonly SchemaProblem[]): InvocationOutcome {
  const error = new CapstanError('CAPSTAN_INVALID_OUTPUT', 'the result does not fit the output_schema of the tool', {
    details: { problems: problemsOnTheWire(problems) },
  });
  return { status: 'failed', executionId: invocation.executionId, error };
}

function problemsOnTheWire(problems: readonly SchemaProblem[]): readonly JsonObject[] {
  return problems
    .slice(0, MAX_NAMED_PROBLEMS)
    .map(({ pointer, keyword, message, hint }) => ({ pointer, keyword, message, hint }));
}
