import type { JsonValue } from '@capstan/sdk';
import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { type ExpressionReference, referencesIn } from './expression-references.ts';
import { jsonOfResult, textOf } from './json-of-result.ts';
import { reasonOf, withinTime } from './time-limit.ts';

/** The types that a variable of an expression can be declared with. JSON is `dyn`; its numbers are doubles. */
export type VariableType = 'dyn' | 'int' | 'bool' | 'string' | 'map<string, string>' | 'map<string, dyn>';

/** The names that expressions of a language may use, each with its type. */
export type VariableTypes = Readonly<Record<string, VariableType>>;

/** A value for each variable. Those declared `int` are given as whole numbers. */
export type VariableValues<Types extends VariableTypes> = { readonly [Name in keyof Types]: JsonValue };

/** A CEL expression, parsed and checked. */
export interface Expression<Types extends VariableTypes = VariableTypes> {
  readonly source: string;
  /** What is known of its type: `bool`, `string`, `dyn` … */
  readonly type: string;
  /** In the order in which they stand in the source. Variables that a macro binds are not among them. */
  readonly references: readonly ExpressionReference[];
  /** @throws Error whose message says why there is no value: a missing key, a wrong type, too much work. */
  evaluate(variables: VariableValues<Types>): JsonValue;
}

/** An expression, or why it is none. */
export type ExpressionReading<Types extends VariableTypes = VariableTypes> =
  | { readonly ok: true; readonly expression: Expression<Types> }
  | { readonly ok: false; readonly message: string };

/** Reads expressions over one set of variables. */
export interface ExpressionLanguage<Types extends VariableTypes = VariableTypes> {
  /** Parses and checks an expression (CEL, https://cel.dev). */
  read(source: string): ExpressionReading<Types>;
}

const MAX_SOURCE_LENGTH = 4_000;

const LIMITS = { maxAstNodes: 1_000, maxDepth: 50, maxListElements: 200, maxMapEntries: 200, maxCallArguments: 16 };

/**
 * The language in which the given variables can be spoken of; a name that is not among them is refused when it is read.
 * Beyond CEL it has `truthy(value)`, whether there is anything in it, and `text(value)`, a text as it is, else JSON.
 */
export function createExpressionLanguage<const Types extends VariableTypes>(types: Types): ExpressionLanguage<Types> {
  const environment = new Environment({
    unlistedVariablesAreDyn: false,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: LIMITS,
  });
  for (const [name, type] of Object.entries(types)) environment.registerVariable(name, type);
  allowMixedNumbers(environment);
  environment.registerFunction('truthy(dyn): bool', isTruthy);
  environment.registerFunction('text(dyn): string', (value: unknown) => textOf(jsonOfResult(value)));
  const names: Names = {
    all: new Set(Object.keys(types)),
    integers: Object.keys(types).filter((name) => types[name] === 'int'),
  };
  return { read: (source) => readExpression(source, environment, names) };
}

interface Names {
  readonly all: ReadonlySet<string>;
  readonly integers: readonly string[];
}

/** Whether there is anything in a value: the sense in which Python, Jinja and JavaScript authors write conditions. */
function isTruthy(value: unknown): boolean {
  if (value instanceof Map) return value.size > 0;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** JSON knows one kind of number, and authors write `count + 1`: CEL's own answer to that is an error. */
function allowMixedNumbers(environment: Environment): void {
  const sides = ['int', 'double'] as const;
  for (const [left, right] of [sides, sides.toReversed()]) {
    environment.registerOperator(`${left} + ${right}: double`, (a: number, b: number) => Number(a) + Number(b));
    environment.registerOperator(`${left} - ${right}: double`, (a: number, b: number) => Number(a) - Number(b));
    environment.registerOperator(`${left} * ${right}: double`, (a: number, b: number) => Number(a) * Number(b));
    environment.registerOperator(`${left} / ${right}: double`, (a: number, b: number) => Number(a) / Number(b));
  }
}

function readExpression<Types extends VariableTypes>(
  source: string,
  environment: Environment,
  names: Names,
): ExpressionReading<Types> {
  if (source.length > MAX_SOURCE_LENGTH) {
    return { ok: false, message: `an expression has at most ${MAX_SOURCE_LENGTH} characters` };
  }
  try {
    const evaluate = environment.parse(source);
    const check = evaluate.check();
    if (!check.valid) return { ok: false, message: reasonOf(check.error) };
    return { ok: true, expression: expressionOf({ source, type: check.type ?? 'dyn', evaluate, names }) };
  } catch (error) {
    return { ok: false, message: reasonOf(error) };
  }
}

interface Parsed {
  readonly source: string;
  readonly type: string;
  readonly evaluate: { (context: Readonly<Record<string, unknown>>): unknown; readonly ast: ASTNode };
  readonly names: Names;
}

function expressionOf<Types extends VariableTypes>({ source, type, evaluate, names }: Parsed): Expression<Types> {
  return {
    source,
    type,
    references: referencesIn(evaluate.ast, names.all),
    evaluate(variables) {
      const values: Record<string, unknown> = { ...variables };
      for (const name of names.integers) values[name] = BigInt(Number(values[name]));
      const work = (): JsonValue => jsonOfResult(evaluate(values));
      try {
        // Without a call there is no macro: such an expression takes as many steps as it has characters.
        return source.includes('(') ? withinTime(work) : work();
      } catch (error) {
        throw new Error(reasonOf(error), { cause: error });
      }
    },
  };
}
