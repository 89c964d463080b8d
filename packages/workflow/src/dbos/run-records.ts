import { CapstanError, toWireError } from '@capstan/sdk';
import { DBOS, type WorkflowStatus } from '@dbos-inc/dbos-sdk';
import type { Pool } from 'pg';
import type { RunPlace } from '../engine.ts';
import type { WaitView } from '../run/run-view.ts';
import type { CompensationOutcome, RunResult, StepOutcome } from '../run/step-outcome.ts';
import type { RecordedStart } from './dbos-runtime.ts';
import { patientQuery } from './patient-query.ts';
import { SCHEMA } from './tables.ts';

/** One attempt of a run, as it was recorded. */
export interface RunRecord {
  readonly id: string;
  readonly start: RecordedStart;
  readonly result: RunResult | undefined;
  readonly endedAt: number | undefined;
}

/** The attempts of a run are workflows of DBOS: the run's id, and from the second on its number. */
export function attemptIdOf(runId: string, attempt: number): string {
  return attempt === 1 ? runId : `${runId}.${attempt}`;
}

/** The last attempt of a run. @throws CapstanError CAPSTAN_NOT_FOUND */
export async function lastAttempt({ runId, workspace }: RunPlace): Promise<RunRecord> {
  const found = /^run_[0-9a-f-]{36}$/.test(runId)
    ? await DBOS.listWorkflows({
        workflow_id_prefix: runId,
        sortDesc: true,
        limit: 1,
        loadInput: true,
        loadOutput: true,
      })
    : [];
  const [status] = found;
  const record = status === undefined ? undefined : recordOf(status);
  if (record?.start.run.workspace === workspace) return record;
  throw new CapstanError('CAPSTAN_NOT_FOUND', `there is no run ${JSON.stringify(runId.slice(0, 64))} here`, {
    hint: 'List the runs with "capstan workflow runs".',
  });
}

/** What DBOS says of a workflow, as a record of a run. */
export function recordOf(status: WorkflowStatus): RunRecord {
  // What was recorded is what this package gave to be recorded.
  const [start] = (status.input ?? []) as readonly RecordedStart[];
  if (start === undefined) throw new CapstanError('CAPSTAN_INTERNAL', `the run ${status.workflowID} has no start`);
  const result = resultOf(status);
  return {
    id: status.workflowID,
    start,
    result,
    endedAt: result === undefined ? undefined : (status.completedAt ?? status.updatedAt),
  };
}

function resultOf({ status, output, error, workflowID }: WorkflowStatus): RunResult | undefined {
  switch (status) {
    case 'SUCCESS':
      return output as RunResult;
    case 'PENDING':
    case 'ENQUEUED':
    case 'DELAYED':
      return undefined;
    default: {
      const cause = new CapstanError(
        'CAPSTAN_INTERNAL',
        `the run ${workflowID} broke: ${status} ${String(error ?? '')}`,
      );
      return { state: 'failed', error: toWireError(cause), compensations: [] };
    }
  }
}

/** The outcomes of the steps that were recorded. */
export async function recordedOutcomes(attemptId: string): Promise<{
  readonly outcomes: ReadonlyMap<string, StepOutcome>;
  readonly compensations: readonly CompensationOutcome[];
}> {
  const steps = (await DBOS.listWorkflowSteps(attemptId)) ?? [];
  const outcomes = new Map<string, StepOutcome>();
  const compensations: CompensationOutcome[] = [];
  for (const { name, output } of steps) {
    const [step = '', undo] = name.split(':');
    if (undo === undefined) outcomes.set(step, output as StepOutcome);
    else compensations.push({ step, outcome: output as StepOutcome });
  }
  return { outcomes, compensations };
}

/** What an attempt waits for, by step. */
export async function recordedWaits(
  pool: Pool,
  { run, attempt }: RecordedStart,
): Promise<ReadonlyMap<string, WaitView>> {
  const rows = await patientQuery<{
    step: string;
    kind: WaitView['kind'];
    name: string;
    question: string | null;
    until: string | null;
  }>(pool, `SELECT step, kind, name, question, until FROM ${SCHEMA}.waits WHERE run_id = $1 AND attempt = $2`, [
    run.runId,
    attempt,
  ]);
  return new Map(
    rows.map(({ step, kind, name, question, until }) => [
      step,
      { kind, name, ...(question === null ? {} : { question }), ...(until === null ? {} : { until: Number(until) }) },
    ]),
  );
}
