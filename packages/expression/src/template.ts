import type { JsonValue } from '@capstan/sdk';
import type { Expression, ExpressionLanguage, VariableTypes, VariableValues } from './expression-language.ts';
import type { ExpressionReference } from './expression-references.ts';
import { textOf } from './json-of-result.ts';
import { splitText, type TextPart } from './template-text.ts';

/** A value whose texts may hold `${{ expressions }}`, read and checked. */
export interface Template<Types extends VariableTypes = VariableTypes> {
  readonly references: readonly ExpressionReference[];
  /** The expression that is the whole value, where it is one. */
  readonly whole: Expression<Types> | undefined;
  /**
   * A text that is one expression becomes its value, of whatever type; in a longer text, the value is written: texts as
   * they are, everything else as JSON.
   * @throws Error whose message says which expression has no value, and why.
   */
  evaluate(variables: VariableValues<Types>): JsonValue;
}

/** What is wrong with a text of a template, and where in the value it stands. */
export interface TemplateProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A template, or all that is wrong with it. */
export type TemplateReading<Types extends VariableTypes = VariableTypes> =
  | { readonly ok: true; readonly template: Template<Types> }
  | { readonly ok: false; readonly problems: readonly TemplateProblem[] };

const MAX_EXPRESSIONS = 200;
const MAX_DEPTH = 64;
const MAX_TEXT_LENGTH = 20 * 1024 * 1024;

/** Reads a value whose texts may hold `${{ expressions }}`; `$${{` stands for `${{` itself. Keys are never expressions. */
export function readTemplate<Types extends VariableTypes>(
  language: ExpressionLanguage<Types>,
  value: JsonValue,
): TemplateReading<Types> {
  const reader = new TemplateReader(language);
  const evaluate = reader.read(value, []);
  if (reader.problems.length > 0) return { ok: false, problems: reader.problems };
  const [first] = reader.expressions;
  const whole = first !== undefined && isWhole(value) ? first : undefined;
  const references = reader.expressions.flatMap((expression) => expression.references);
  return { ok: true, template: { references, whole, evaluate } };
}

function isWhole(value: JsonValue): boolean {
  if (typeof value !== 'string') return false;
  const split = splitText(value);
  return split.ok && split.parts.length === 1;
}

type Evaluate<Types extends VariableTypes> = (variables: VariableValues<Types>) => JsonValue;

class TemplateReader<Types extends VariableTypes> {
  readonly problems: TemplateProblem[] = [];
  readonly expressions: Expression<Types>[] = [];
  readonly #language: ExpressionLanguage<Types>;

  constructor(language: ExpressionLanguage<Types>) {
    this.#language = language;
  }

  read(value: JsonValue, path: TemplateProblem['path']): Evaluate<Types> {
    if (typeof value === 'string') return this.#text(value, path);
    if (typeof value !== 'object' || value === null) return () => value;
    if (path.length > MAX_DEPTH) return this.#problem(path, `a template is at most ${MAX_DEPTH} levels deep`);
    if (Array.isArray(value)) {
      const items = value.map((item, index) => this.read(item, [...path, index]));
      return (variables) => items.map((item) => item(variables));
    }
    const members = Object.entries(value).map(
      ([key, member]) => [key, this.read(member ?? null, [...path, key])] as const,
    );
    return (variables) => Object.fromEntries(members.map(([key, member]) => [key, member(variables)]));
  }

  #text(text: string, path: TemplateProblem['path']): Evaluate<Types> {
    if (!text.includes('${{')) return () => text;
    const split = splitText(text);
    if (!split.ok) return this.#problem(path, split.message);
    const parts = split.parts.map((part) => this.#part(part, path));
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return only;
    return (variables) => joined(parts.map((part) => part(variables)));
  }

  #part(part: TextPart, path: TemplateProblem['path']): Evaluate<Types> {
    if (part.kind === 'text') return () => part.text;
    if (this.expressions.length >= MAX_EXPRESSIONS) {
      return this.#problem(path, `a template has at most ${MAX_EXPRESSIONS} expressions`);
    }
    const reading = this.#language.read(part.source);
    if (!reading.ok) return this.#problem(path, `"${shown(part.source)}" is no expression: ${reading.message}`);
    const { expression } = reading;
    this.expressions.push(expression);
    return (variables) => valueOfExpression(expression, variables);
  }

  #problem(path: TemplateProblem['path'], message: string): Evaluate<Types> {
    this.problems.push({ path, message });
    return () => null;
  }
}

function valueOfExpression<Types extends VariableTypes>(
  expression: Expression<Types>,
  variables: VariableValues<Types>,
): JsonValue {
  try {
    return expression.evaluate(variables);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'it failed';
    throw new Error(`"${shown(expression.source)}" has no value: ${reason}`, { cause });
  }
}

function joined(values: readonly JsonValue[]): string {
  const text = values.map(textOf).join('');
  if (text.length > MAX_TEXT_LENGTH) throw new Error(`a text has at most ${MAX_TEXT_LENGTH} characters`);
  return text;
}

const MAX_SHOWN = 200;

function shown(source: string): string {
  return source.length > MAX_SHOWN ? `${source.slice(0, MAX_SHOWN)}…` : source;
}
