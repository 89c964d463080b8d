import type { Logger, Principal } from '@capstan/sdk';
import type { ScheduledWorkflow, WorkflowEngine } from '@capstan/workflow';
import type { Workspace } from '../workspace/workspace.ts';

/** Runs that nobody starts call tools as this. */
const SCHEDULER: Principal = { id: 'system:schedule', roles: ['agent'], permissions: [] };

/** What starts by itself in all workspaces: the workflows of their tools that have a schedule. */
function schedulesOf(workspaces: Iterable<Workspace>): readonly ScheduledWorkflow[] {
  return [...workspaces].flatMap((workspace) =>
    workspace.tools().flatMap(({ definition: tool, owner, runner }) => {
      const schedule = runner.workflow?.schedule;
      if (runner.workflow === undefined || schedule === undefined) return [];
      const { cron, inputs } = schedule;
      const start = {
        definition: runner.workflow,
        workspace: workspace.id,
        principal: SCHEDULER,
        inputs,
        namespace: owner,
        tool: tool.id,
      };
      return [{ name: `${workspace.id} ${tool.id}`, cron, start }];
    }),
  );
}

/** Tells the engine what starts by itself, whenever it is called; one call at a time, and only what changed. */
export function keepSchedules(
  engine: WorkflowEngine,
  workspaces: () => Iterable<Workspace>,
  logger: Logger,
): () => Promise<void> {
  let told = '[]';
  let turn = Promise.resolve();
  const tell = async (): Promise<void> => {
    const schedules = schedulesOf(workspaces());
    const names = JSON.stringify(schedules.map(({ name, cron, start }) => [name, cron, start.definition.digest]));
    if (names === told) return;
    try {
      await engine.schedule(schedules);
      told = names;
    } catch (cause) {
      logger.error('the schedules of workflows cannot be kept', { cause });
    }
  };
  return () => {
    turn = turn.then(tell);
    return turn;
  };
}
