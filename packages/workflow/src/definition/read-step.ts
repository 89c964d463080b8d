import type { DocumentPath } from '@capstan/schema';
import type { JsonObject, JsonValue } from '@capstan/sdk';
import { isJsonObject, numberAt, objectAt, textAt, textsAt } from './json.ts';
import type { ExpressionScope, StepReader } from './step-reader.ts';
import type { ForEach, OnError, StepAction, StepRetry, WorkflowStep } from './workflow-definition.ts';
import { ON_ERROR } from './workflow-definition.ts';

/** A step as it was written, with what its expressions speak of. */
export interface WrittenStep {
  readonly step: WorkflowStep;
  readonly source: JsonObject;
  readonly path: DocumentPath;
  /** Ids named in `depends_on`. */
  readonly named: readonly string[];
  /** Ids that its expressions speak of, but for those that are evaluated after it. */
  readonly referenced: readonly string[];
}

const NO_RETRY: StepRetry = { maxRetries: 0, baseMs: 250, maxMs: 10_000 };
const DEFAULT_ITEMS_AT_ONCE = 5;

/** Reads one step. What is wrong is reported, and something usable stands in its place. */
export function readStep(source: JsonObject, path: DocumentPath, reader: StepReader): WrittenStep {
  const id = textAt(source, 'id') ?? '';
  const scope: ExpressionScope = { step: id };
  const references = new References(reader);
  const forEach = readForEach(source, path, { references, scope });
  const inner: ExpressionScope = { ...scope, hasItem: forEach !== undefined };
  const action = readAction(source, path, { references, scope: inner });
  const condition = textAt(source, 'when');
  const when = condition === undefined ? undefined : references.condition(condition, [...path, 'when'], scope);
  const approval = readApproval(source, path, { references, scope });
  const compensate = readCompensation(source, path, reader);
  const timeoutMs = numberAt(source, 'timeout_ms');
  const fallback = textAt(source, 'fallback');
  const step: WorkflowStep = {
    id,
    action,
    dependsOn: [],
    ...(when === undefined ? {} : { when }),
    ...(forEach === undefined ? {} : { forEach }),
    ...(approval === undefined ? {} : { approval }),
    retry: readRetry(source),
    onError: readOnError(source, path, reader),
    ...(fallback === undefined ? {} : { fallback }),
    ...(compensate === undefined ? {} : { compensate }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
  return { step, source, path, named: textsAt(source, 'depends_on'), referenced: references.steps };
}

interface Parts {
  readonly references: References;
  readonly scope: ExpressionScope;
}

/** Reads the expressions of one step and keeps which steps they speak of. */
class References {
  readonly #steps = new Set<string>();
  readonly #reader: StepReader;

  constructor(reader: StepReader) {
    this.#reader = reader;
  }

  get reader(): StepReader {
    return this.#reader;
  }

  get steps(): readonly string[] {
    return [...this.#steps];
  }

  template(value: JsonValue, path: DocumentPath, scope: ExpressionScope): WorkflowStep['approval'] {
    const template = this.#reader.template(value, path, scope);
    if (template !== undefined) this.#keep(template.references);
    return template;
  }

  condition(text: string, path: DocumentPath, scope: ExpressionScope): WorkflowStep['when'] {
    const expression = this.#reader.expression(text, path, scope);
    if (expression === undefined) return undefined;
    this.#keep(expression.references);
    if (expression.type !== 'bool' && expression.type !== 'dyn') {
      const message = `a condition is true or false, and "${text}" is a ${expression.type}`;
      this.#reader.report.add('CAPSTAN_WORKFLOW_TYPE', path, { message });
    }
    return expression;
  }

  #keep(references: readonly (readonly string[])[]): void {
    for (const [variable, id] of references) if (variable === 'steps' && id !== undefined) this.#steps.add(id);
  }
}

const EMPTY = { references: [], whole: undefined, evaluate: () => ({}) } as const;

function readAction(source: JsonObject, path: DocumentPath, { references, scope }: Parts): StepAction {
  const kinds = (['tool', 'delay_ms', 'event'] as const).filter((key) => source[key] !== undefined);
  if (kinds.length > 1 || (kinds.length === 0 && !source.approval)) {
    references.reader.report.add('CAPSTAN_WORKFLOW_STEP_ACTION', path, {
      message:
        kinds.length === 0
          ? `the step '${scope.step}' does nothing`
          : `a step does one thing, and '${scope.step}' has ${kinds.join(' and ')}`,
      hint: 'Give it one of tool, delay_ms, event, or approval alone.',
    });
  }
  const tool = textAt(source, 'tool');
  if (tool !== undefined) {
    const input = references.template(objectAt(source, 'input') ?? {}, [...path, 'input'], scope) ?? EMPTY;
    const connection = textAt(source, 'connection');
    return { kind: 'tool', tool, input, ...(connection === undefined ? {} : { connection }) };
  }
  if (source.delay_ms !== undefined) {
    return {
      kind: 'delay',
      delayMs: references.template(source.delay_ms, [...path, 'delay_ms'], scope) ?? EMPTY,
    };
  }
  const event = textAt(source, 'event');
  return event === undefined ? { kind: 'approval' } : { kind: 'event', name: event };
}

function readForEach(source: JsonObject, path: DocumentPath, { references, scope }: Parts): ForEach | undefined {
  const written = source.for_each;
  if (written === undefined) return undefined;
  const settings = isJsonObject(written) ? written : { items: written };
  const at = isJsonObject(written) ? [...path, 'for_each', 'items'] : [...path, 'for_each'];
  const items = settings.items ?? [];
  const listSource = typeof items === 'string' && !items.includes('${{') ? `\${{ ${items} }}` : items;
  return {
    items: references.template(listSource, at, scope) ?? EMPTY,
    maxParallel: numberAt(settings, 'max_parallel') ?? DEFAULT_ITEMS_AT_ONCE,
  };
}

function readApproval(source: JsonObject, path: DocumentPath, { references, scope }: Parts): WorkflowStep['approval'] {
  const { approval } = source;
  if (approval === undefined || approval === false) return undefined;
  const question = typeof approval === 'string' ? approval : `May the step '${scope.step}' run?`;
  return references.template(question, [...path, 'approval'], scope);
}

function readCompensation(source: JsonObject, path: DocumentPath, reader: StepReader): WorkflowStep['compensate'] {
  const written = objectAt(source, 'compensate');
  const tool = written === undefined ? undefined : textAt(written, 'tool');
  if (written === undefined || tool === undefined) return undefined;
  const scope: ExpressionScope = { step: textAt(source, 'id') ?? '', isAfter: true };
  const input = reader.template(objectAt(written, 'input') ?? {}, [...path, 'compensate', 'input'], scope) ?? EMPTY;
  return { tool, input };
}

function readRetry(source: JsonObject): StepRetry {
  const written = objectAt(source, 'retry') ?? {};
  return {
    maxRetries: numberAt(written, 'max_retries') ?? (source.retry === undefined ? NO_RETRY.maxRetries : 3),
    baseMs: numberAt(written, 'base_ms') ?? NO_RETRY.baseMs,
    maxMs: numberAt(written, 'max_ms') ?? NO_RETRY.maxMs,
  };
}

function readOnError(source: JsonObject, path: DocumentPath, reader: StepReader): OnError {
  const written = textAt(source, 'on_error');
  const hasFallback = source.fallback !== undefined;
  if (written === undefined) return hasFallback ? 'fallback' : 'fail';
  if (written === 'fallback' && !hasFallback) {
    reader.report.add('CAPSTAN_WORKFLOW_MISSING_KEY', [...path, 'on_error'], {
      message: "'on_error: fallback' needs a tool to fall back to",
      hint: 'Name it with "fallback:".',
    });
  }
  return ON_ERROR.find((each) => each === written) ?? 'fail';
}
