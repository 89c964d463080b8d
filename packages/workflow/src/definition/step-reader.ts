import { type ExpressionReference, readTemplate } from '@capstan/expression';
import { type DocumentPath, suggest } from '@capstan/schema';
import type { JsonObject, JsonValue } from '@capstan/sdk';
import { objectsAt, textAt } from './json.ts';
import type { Report } from './report.ts';
import { type WorkflowExpression, type WorkflowTemplate, workflowLanguage } from './workflow-language.ts';

/** Where an expression stands, which decides what it can speak of. */
export interface ExpressionScope {
  /** The step that it belongs to; absent for the output of the workflow. */
  readonly step?: string;
  /** Whether it is evaluated for each item of a list. */
  readonly hasItem?: boolean;
  /** Whether it is evaluated when the step is over. */
  readonly isAfter?: boolean;
}

const STEP_MEMBERS = ['result', 'status', 'error'];
const RUN_MEMBERS = ['id', 'workspace', 'principal'];

/** Reads the expressions of a workflow, and checks that what they speak of exists. */
export class StepReader {
  readonly stepSources: readonly JsonObject[];
  readonly #stepIds: ReadonlySet<string>;
  readonly #inputs: ReadonlySet<string> | undefined;
  readonly #report: Report;

  constructor(source: JsonObject, inputs: ReadonlySet<string> | undefined, report: Report) {
    this.stepSources = objectsAt(source, 'steps');
    this.#stepIds = new Set(this.stepSources.flatMap((step) => textAt(step, 'id') ?? []));
    this.#inputs = inputs;
    this.#report = report;
  }

  get report(): Report {
    return this.#report;
  }

  /** A value with `${{ expressions }}`; undefined where it is wrong and reported. */
  template(value: JsonValue, path: DocumentPath, scope: ExpressionScope): WorkflowTemplate | undefined {
    const reading = readTemplate(workflowLanguage, value);
    if (!reading.ok) {
      for (const problem of reading.problems) {
        this.#report.add('CAPSTAN_WORKFLOW_EXPRESSION', [...path, ...problem.path], { message: problem.message });
      }
      return undefined;
    }
    this.#check(reading.template.references, path, scope);
    return reading.template;
  }

  /** A text that is an expression, with or without `${{ }}` around it. */
  expression(text: string, path: DocumentPath, scope: ExpressionScope): WorkflowExpression | undefined {
    const reading = workflowLanguage.read(unwrapped(text));
    if (!reading.ok) {
      this.#report.add('CAPSTAN_WORKFLOW_EXPRESSION', path, {
        message: `"${text}" is no expression: ${reading.message}`,
        hint: 'Expressions are CEL (https://cel.dev): steps.search.result != null',
      });
      return undefined;
    }
    this.#check(reading.expression.references, path, scope);
    return reading.expression;
  }

  #check(references: readonly ExpressionReference[], path: DocumentPath, scope: ExpressionScope): void {
    for (const [variable, ...members] of references) {
      switch (variable) {
        case 'steps':
          this.#checkStep(members, path, scope);
          break;
        case 'inputs':
          this.#checkInput(members[0], path);
          break;
        case 'run':
          if (members[0] !== undefined && !RUN_MEMBERS.includes(members[0])) {
            this.#unknown('CAPSTAN_WORKFLOW_EXPRESSION', path, `run.${members[0]}`, RUN_MEMBERS);
          }
          break;
        default:
          if (!scope.hasItem) {
            const message = `'${variable}' has a value only in a step with for_each`;
            this.#report.add('CAPSTAN_WORKFLOW_EXPRESSION', path, { message });
          }
      }
    }
  }

  #checkStep([id, member]: readonly string[], path: DocumentPath, scope: ExpressionScope): void {
    if (id === undefined) {
      this.#report.add('CAPSTAN_WORKFLOW_EXPRESSION', path, {
        message: 'an expression speaks of steps without saying which',
        hint: 'Name the step outright (steps.search.result), so that it is known what has to run before.',
      });
      return;
    }
    if (!this.#stepIds.has(id)) this.#unknown('CAPSTAN_WORKFLOW_UNKNOWN_STEP', path, id, this.#stepIds);
    else if (id === scope.step && !scope.isAfter) {
      const message = `the step '${id}' speaks of itself, which cannot have run yet`;
      this.#report.add('CAPSTAN_WORKFLOW_NOT_RUN_YET', path, { message });
    }
    if (member !== undefined && !STEP_MEMBERS.includes(member)) {
      this.#unknown('CAPSTAN_WORKFLOW_EXPRESSION', path, `steps.${id}.${member}`, STEP_MEMBERS);
    }
  }

  #checkInput(name: string | undefined, path: DocumentPath): void {
    if (name === undefined || this.#inputs === undefined || this.#inputs.has(name)) return;
    this.#unknown('CAPSTAN_WORKFLOW_UNKNOWN_INPUT', path, name, this.#inputs);
  }

  #unknown(
    code: 'CAPSTAN_WORKFLOW_UNKNOWN_STEP' | 'CAPSTAN_WORKFLOW_UNKNOWN_INPUT' | 'CAPSTAN_WORKFLOW_EXPRESSION',
    path: DocumentPath,
    name: string,
    known: Iterable<string>,
  ): void {
    const what = { CAPSTAN_WORKFLOW_UNKNOWN_STEP: 'step', CAPSTAN_WORKFLOW_UNKNOWN_INPUT: 'input' };
    const noun = code === 'CAPSTAN_WORKFLOW_EXPRESSION' ? 'thing as' : what[code];
    const names = [...known];
    const similar = suggest(name.split('.').at(-1) ?? name, names);
    this.#report.add(code, path, {
      message: `there is no ${noun} '${name}'`,
      hint: similar === undefined ? `There is ${names.join(', ')}.` : `did you mean '${similar}'?`,
    });
  }
}

function unwrapped(text: string): string {
  const whole = /^\s*\$\{\{([\s\S]*)\}\}\s*$/.exec(text);
  return whole?.[1] === undefined || whole[1].includes('${{') ? text : whole[1].trim();
}
