import type { JsonValue, WireError } from '@capstan/sdk';

/** A step of a run, in the form of the REST surface. */
export interface StepJson {
  readonly id: string;
  readonly work: string;
  readonly depends_on: readonly string[];
  readonly state: string;
  readonly started_at?: string;
  readonly ended_at?: string;
  readonly attempts?: number;
  readonly input?: JsonValue;
  readonly result?: JsonValue;
  readonly error?: WireError;
  readonly waits_for?: { readonly kind: string; readonly name: string; readonly question?: string };
}

/** A run, in the form of the REST surface. */
export interface RunJson {
  readonly run_id: string;
  readonly state: string;
  readonly tool?: string;
  readonly attempt: number;
  readonly principal: string;
  readonly started_at: string;
  readonly ended_at?: string;
  readonly durable: boolean;
  readonly output?: JsonValue;
  readonly error?: WireError;
  readonly steps: readonly StepJson[];
  readonly compensations: readonly { readonly step: string; readonly state: string }[];
}

const SIGNS: Readonly<Record<string, string>> = {
  succeeded: '✓',
  failed: '✗',
  cancelled: '✗',
  skipped: '-',
  not_started: '·',
  pending: '·',
  running: '▸',
  waiting: '…',
};
const MAX_VALUE = 160;

/** A run as a tree: each step under the last of those that it waits for. */
export function runText(run: RunJson, now: number): string {
  const title = `${SIGNS[run.state] ?? '▸'} ${run.run_id} ${run.state}${durationOf(run, now)}`;
  const facts = [
    run.tool ?? 'a workflow of its own',
    `by ${run.principal}`,
    ...(run.attempt > 1 ? [`attempt ${run.attempt}`] : []),
    ...(run.durable ? [] : ['in memory: it ends with the host']),
  ];
  const undone = run.compensations.map(({ step, state }) => `  undone: ${step} ${state}`);
  const error = run.error === undefined ? [] : [`  error: ${run.error.code} ${run.error.message}`];
  const output = run.output === undefined ? [] : [`  output: ${valueText(run.output)}`];
  return [title, `  ${facts.join(', ')}`, ...branches(run, undefined, '  ', now), ...undone, ...error, ...output].join(
    '\n',
  );
}

function branches(run: RunJson, parent: string | undefined, indent: string, now: number): readonly string[] {
  return run.steps
    .filter(({ depends_on }) => depends_on.at(-1) === parent)
    .flatMap((step) => [...stepLines(step, indent, now), ...branches(run, step.id, `${indent}  `, now)]);
}

function stepLines(step: StepJson, indent: string, now: number): readonly string[] {
  const { waits_for: wait } = step;
  const tries = (step.attempts ?? 0) > 1 ? `, ${step.attempts} attempts` : '';
  const waiting =
    wait === undefined || step.state !== 'waiting' ? '' : `, for ${wait.kind} ${wait.question ?? wait.name}`;
  const line = `${indent}${SIGNS[step.state] ?? '?'} ${step.id} (${step.work}) ${step.state}${durationOf(step, now)}${tries}${waiting}`;
  const inner = `${indent}    `;
  return [
    line,
    ...(step.input === undefined ? [] : [`${inner}in: ${valueText(step.input)}`]),
    ...(step.result === undefined ? [] : [`${inner}out: ${valueText(step.result)}`]),
    ...(step.error === undefined ? [] : [`${inner}${step.error.code}: ${step.error.message}`]),
  ];
}

/** What has changed between two looks, a line each. */
export function changedSteps(before: RunJson | undefined, run: RunJson): readonly string[] {
  const states = new Map(before?.steps.map(({ id, state }) => [id, state]));
  return run.steps
    .filter(({ id, state }) => state !== 'pending' && states.get(id) !== state)
    .map(({ id, work, state }) => `${SIGNS[state] ?? '?'} ${id} (${work}) ${state}`);
}

function durationOf({ started_at, ended_at }: Pick<StepJson, 'started_at' | 'ended_at'>, now: number): string {
  if (started_at === undefined) return '';
  const ms = (ended_at === undefined ? now : Date.parse(ended_at)) - Date.parse(started_at);
  return ms < 1_000 ? ` ${Math.max(0, ms)} ms` : ` ${(ms / 1_000).toFixed(1)} s`;
}

function valueText(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}
