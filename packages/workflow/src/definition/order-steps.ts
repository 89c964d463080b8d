import { suggest } from '@capstan/schema';
import type { WrittenStep } from './read-step.ts';
import type { Report } from './report.ts';
import type { WorkflowStep } from './workflow-definition.ts';

/**
 * The steps with all that they depend on, each after those: otherwise in the order in which they were written.
 * Undefined, with diagnostics, where there is no such order.
 */
export function orderSteps(written: readonly WrittenStep[], report: Report): readonly WorkflowStep[] | undefined {
  const byId = uniqueSteps(written, report);
  const named = new Map(written.map((each) => [each.step.id, knownNames(each, byId, report)]));
  const dependencies = new Map(
    written.map((each) => [each.step.id, withReferences(each, named, { byId, report })] as const),
  );
  const ordered: WorkflowStep[] = [];
  const placed = new Set<string>();
  let waiting = [...byId.values()];
  while (waiting.length > 0) {
    const next = waiting.find(({ step }) => (dependencies.get(step.id) ?? []).every((id) => placed.has(id)));
    if (next === undefined) {
      reportCycle(waiting, dependencies, report);
      return undefined;
    }
    placed.add(next.step.id);
    ordered.push({ ...next.step, dependsOn: dependencies.get(next.step.id) ?? [] });
    waiting = waiting.filter((each) => each !== next);
  }
  return ordered;
}

type StepsById = ReadonlyMap<string, WrittenStep>;
type Dependencies = ReadonlyMap<string, readonly string[]>;

function uniqueSteps(written: readonly WrittenStep[], report: Report): StepsById {
  const byId = new Map<string, WrittenStep>();
  for (const each of written) {
    const first = byId.get(each.step.id);
    if (first === undefined) byId.set(each.step.id, each);
    else {
      const message = `the step '${each.step.id}' stands here twice`;
      report.add('CAPSTAN_WORKFLOW_DUPLICATE_STEP', [...each.path, 'id'], { message, hint: 'Give it another id.' });
    }
  }
  return byId;
}

function knownNames({ step, named, path }: WrittenStep, byId: StepsById, report: Report): readonly string[] {
  return named.filter((id, index) => {
    if (byId.has(id) && id !== step.id) return true;
    const similar = suggest(id, byId.keys());
    const at = [...path, 'depends_on', index];
    if (id === step.id) {
      report.add('CAPSTAN_WORKFLOW_CYCLE', at, { message: `the step '${id}' depends on itself` });
    } else {
      const hint = similar === undefined ? undefined : `did you mean '${similar}'?`;
      report.add('CAPSTAN_WORKFLOW_UNKNOWN_STEP', at, { message: `there is no step '${id}'`, hint });
    }
    return false;
  });
}

function withReferences(
  { step, referenced, path }: WrittenStep,
  named: Dependencies,
  { byId, report }: { readonly byId: StepsById; readonly report: Report },
): readonly string[] {
  const implied = referenced.filter((id) => {
    if (!byId.has(id) || id === step.id) return false;
    if (!reaches(id, step.id, named)) return true;
    const message = `the step '${step.id}' speaks of '${id}', which runs after it and cannot have run yet`;
    report.add('CAPSTAN_WORKFLOW_NOT_RUN_YET', path, { message });
    return false;
  });
  return [...new Set([...(named.get(step.id) ?? []), ...implied])];
}

/** Whether a step depends on another, over any number of steps. */
function reaches(from: string, to: string, dependencies: Dependencies): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === to) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    open.push(...(dependencies.get(id) ?? []));
  }
  return false;
}

function reportCycle(waiting: readonly WrittenStep[], dependencies: Dependencies, report: Report): void {
  const waitingIds = new Set(waiting.map(({ step }) => step.id));
  const path: string[] = [];
  let id = waiting[0]?.step.id;
  // Each of those that wait depends on another one that waits, so walking on must come round.
  while (id !== undefined && !path.includes(id)) {
    path.push(id);
    id = dependencies.get(id)?.find((each) => waitingIds.has(each));
  }
  if (id === undefined) return;
  const circle = [...path.slice(path.indexOf(id)), id];
  const place = waiting.find(({ step }) => step.id === id)?.path ?? [];
  report.add('CAPSTAN_WORKFLOW_CYCLE', place, {
    message: `steps wait for each other in a circle: ${circle.join(' -> ')}`,
    hint: 'A step depends on those in depends_on and on those that its expressions speak of.',
  });
}
