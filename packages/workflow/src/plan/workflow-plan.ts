import type { WorkflowDefinition, WorkflowStep } from '../definition/workflow-definition.ts';

/** The graph of a workflow: what runs beside what. */
export interface WorkflowPlan {
  /** Steps of one level wait for nothing but steps of the levels before. */
  readonly levels: readonly (readonly WorkflowStep[])[];
}

/** The levels of a workflow: each step stands as early as the steps that it depends on allow. */
export function planWorkflow({ steps }: Pick<WorkflowDefinition, 'steps'>): WorkflowPlan {
  const levelOf = new Map<string, number>();
  const levels: WorkflowStep[][] = [];
  for (const step of steps) {
    const level = Math.max(-1, ...step.dependsOn.map((id) => levelOf.get(id) ?? -1)) + 1;
    levelOf.set(step.id, level);
    levels[level] = [...(levels[level] ?? []), step];
  }
  return { levels };
}

/** The plan as a person reads it: a line for each step, level by level. */
export function formatPlan({ levels }: WorkflowPlan): string {
  return levels
    .map((steps, index) => {
      const title = `level ${index + 1}${steps.length > 1 ? `, ${steps.length} steps side by side` : ''}`;
      return [title, ...steps.map((step) => `  ${describe(step)}`)].join('\n');
    })
    .join('\n');
}

/** The plan as a Mermaid flowchart. */
export function planAsMermaid({ levels }: WorkflowPlan): string {
  const steps = levels.flat();
  const nodes = steps.map((step) => `  ${step.id}["${step.id}<br/>${escaped(workOf(step))}"]`);
  const edges = steps.flatMap((step) =>
    step.dependsOn.map((id) => (step.when === undefined ? `  ${id} --> ${step.id}` : `  ${id} -. when .-> ${step.id}`)),
  );
  return ['flowchart TD', ...nodes, ...edges].join('\n');
}

function describe(step: WorkflowStep): string {
  const { dependsOn, when, forEach, approval, onError, fallback, compensate } = step;
  const notes = [
    dependsOn.length > 0 ? `after ${dependsOn.join(', ')}` : undefined,
    when === undefined ? undefined : `when ${when.source}`,
    forEach === undefined ? undefined : `for each item, ${forEach.maxParallel} at once`,
    approval === undefined || step.action.kind === 'approval' ? undefined : 'once approved',
    onError === 'fail' ? undefined : `on error ${fallback === undefined ? onError : `call ${fallback}`}`,
    compensate === undefined ? undefined : `undone by ${compensate.tool}`,
  ].filter((note) => note !== undefined);
  return `${step.id}: ${workOf(step)}${notes.length > 0 ? `  (${notes.join('; ')})` : ''}`;
}

function workOf({ action }: WorkflowStep): string {
  switch (action.kind) {
    case 'tool':
      return action.tool;
    case 'delay':
      return 'delay';
    case 'event':
      return `event ${action.name}`;
    case 'approval':
      return 'approval';
  }
}

/** Mermaid takes entities for what ends a label. */
function escaped(text: string): string {
  return text.replaceAll('"', '#quot;').replaceAll('<', '#lt;').replaceAll('>', '#gt;');
}
