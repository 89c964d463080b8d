import { createContext, Script } from 'node:vm';
import type { JsonValue } from '@capstan/sdk';
import { Environment } from '@marcbachmann/cel-js';
import { toJson } from './cel-value.ts';

/** What an expression can speak of: the answer of a service, and the arguments of the call. */
export interface AnswerVariables {
  readonly body: JsonValue;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly input: JsonValue;
}

/** A CEL expression, parsed and checked. */
export interface Expression {
  readonly source: string;
  /** @throws Error whose message says why there is no value: a missing key, a wrong type, too much work. */
  evaluate(variables: AnswerVariables): JsonValue;
}

/** An expression, or why it is none. */
export type ExpressionReading =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly message: string };

const MAX_SOURCE_LENGTH = 4_000;
/** Macros over lists multiply, and `matches` runs on a backtracking engine: only time bounds both. */
const MAX_EVALUATION_MS = 500;

const environment = new Environment({
  unlistedVariablesAreDyn: false,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
  limits: { maxAstNodes: 1_000, maxDepth: 50, maxListElements: 200, maxMapEntries: 200, maxCallArguments: 16 },
})
  .registerVariable('body', 'dyn')
  .registerVariable('status', 'int')
  .registerVariable('headers', 'map<string, string>')
  .registerVariable('input', 'dyn');

/** Parses and checks an expression (CEL, https://cel.dev). Numbers of a JSON body are doubles: write `body.page + 1.0`. */
export function readExpression(source: string): ExpressionReading {
  if (source.length > MAX_SOURCE_LENGTH) {
    return { ok: false, message: `an expression has at most ${MAX_SOURCE_LENGTH} characters` };
  }
  try {
    const evaluate = environment.parse(source);
    const check = evaluate.check();
    if (!check.valid) return { ok: false, message: reasonOf(check.error) };
    return { ok: true, expression: { source, evaluate: (variables) => run(source, evaluate, variables) } };
  } catch (error) {
    return { ok: false, message: reasonOf(error) };
  }
}

type Evaluate = ReturnType<typeof environment.parse>;

function run(source: string, evaluate: Evaluate, { status, ...variables }: AnswerVariables): JsonValue {
  const work = (): JsonValue => toJson(evaluate({ ...variables, status: BigInt(status) }));
  try {
    // Without a call there is no macro: such an expression takes as many steps as it has characters.
    return source.includes('(') ? withinTime(work) : work();
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error });
  }
}

const sandbox: { work: () => void } = { work: () => {} };
const context = createContext(sandbox);
const callWork = new Script('work()');

/** Node's one way to end work that does not wait: 0.2 ms for the watch over it. */
function withinTime(work: () => JsonValue): JsonValue {
  let result: JsonValue = null;
  sandbox.work = () => {
    result = work();
  };
  callWork.runInContext(context, { timeout: MAX_EVALUATION_MS });
  return result;
}

function reasonOf(error: unknown): string {
  // The error of a time-out is of the sandbox's realm, so `instanceof` does not know it.
  if (typeof error !== 'object' || error === null || !('message' in error)) return String(error);
  if ('code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
    return `the expression took longer than ${MAX_EVALUATION_MS} ms`;
  }
  return String(error.message).split('\n', 1)[0] ?? '';
}
