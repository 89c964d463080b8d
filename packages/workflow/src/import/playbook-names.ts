import type { DocumentPath } from '@capstan/schema';
import type { JsonObject } from '@capstan/sdk';
import { objectAt, textAt } from '../definition/json.ts';
import type { Report } from '../definition/report.ts';
import type { PythonNames } from './python-expression.ts';

const OF_RUN: Readonly<Record<string, string>> = {
  workspace_id: 'workspace',
  user_id: 'principal',
  execution_id: 'id',
};

/** What `input.x`, `step.y.z` and the names of the run mean in a playbook. */
export class PlaybookNames {
  /** The paths of the named outputs of each step in its result. */
  readonly #outputs: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
  readonly #report: Report;

  constructor(steps: readonly JsonObject[], report: Report) {
    this.#report = report;
    this.#outputs = new Map(steps.map((step) => [textAt(step, 'id') ?? '', outputsOf(step)]));
  }

  /** The names for a text that stands at a place. */
  at(place: DocumentPath): PythonNames {
    return { resolve: (path) => this.#resolve(path, place) };
  }

  #resolve([variable, first, ...rest]: readonly string[], place: DocumentPath): readonly string[] | undefined {
    if (variable === 'input' && first !== undefined) return ['inputs', first, ...rest];
    if (variable === 'step' && first !== undefined) return this.#ofStep(first, rest, place);
    const run = variable === undefined || first !== undefined ? undefined : OF_RUN[variable];
    return run === undefined ? undefined : ['run', run];
  }

  #ofStep(id: string, [name, ...rest]: readonly string[], place: DocumentPath): readonly string[] | undefined {
    const outputs = this.#outputs.get(id);
    if (outputs === undefined) return undefined;
    if (name === undefined) return ['steps', id, 'result'];
    const path = outputs.get(name);
    if (path !== undefined) return ['steps', id, 'result', ...path, ...rest];
    this.#report.add('CAPSTAN_WORKFLOW_IMPORTED', place, {
      message: `the step '${id}' names no output '${name}'; its result is asked for a member of this name`,
    });
    return ['steps', id, 'result', name, ...rest];
  }
}

function outputsOf(step: JsonObject): ReadonlyMap<string, readonly string[]> {
  const outputs = Object.entries(objectAt(step, 'outputs') ?? {});
  return new Map(outputs.map(([name, path]) => [name, typeof path === 'string' ? path.split('.') : [name]]));
}
