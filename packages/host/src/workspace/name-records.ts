import type { Logger } from '@capstan/sdk';
import type { EventEmitter } from 'eventemitter3';
import type { Enablement } from '../enablement.ts';
import type { HostEvents } from '../host.ts';
import type { Workspace } from './workspace.ts';

/**
 * Records the exposed names of tools, so that they survive a restart and whoever comes later.
 *
 * 1. Names are written when some were given, once for all that one turn of the event loop gave.
 * 2. A store that cannot be written is told to the log; the names hold for as long as the process lives.
 */
export function recordNames(
  workspaces: ReadonlyMap<string, Workspace>,
  {
    enablement,
    events,
    logger,
  }: {
    readonly enablement: Enablement;
    readonly events: EventEmitter<HostEvents>;
    readonly logger: Logger;
  },
): void {
  const recorded = new Map<string, number>();
  const waiting = new Set<Workspace>();
  const write = (): void => {
    for (const { id, names } of waiting) {
      try {
        enablement.recordNames(id, Object.fromEntries(names.entries()));
        recorded.set(id, names.size);
      } catch (cause) {
        logger.error('the names of tools could not be recorded', { workspace: id, cause });
      }
    }
    waiting.clear();
  };
  const look = (workspace: Workspace | undefined): void => {
    if (workspace === undefined || workspace.names.size === recorded.get(workspace.id)) return;
    if (waiting.size === 0) setImmediate(write);
    waiting.add(workspace);
  };
  for (const workspace of workspaces.values()) {
    recorded.set(workspace.id, Object.keys(enablement.names(workspace.id)).length);
    look(workspace);
  }
  events.on('catalog:changed', ({ workspace }) => look(workspaces.get(workspace)));
}
