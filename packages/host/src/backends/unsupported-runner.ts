import type { ToolState } from '../host.ts';
import { notReady } from '../workspace/pack-in-workspace.ts';
import type { ToolRunner } from '../workspace/tool-entry.ts';

/** A tool that is listed, so that a person can see it and why it does not run. */
export function unsupportedRunner(toolId: string, reason: string): ToolRunner {
  const state: Exclude<ToolState, { kind: 'ready' }> = { kind: 'unsupported', reason };
  return {
    bind() {
      throw notReady(toolId, state);
    },
    state: () => state,
    connectionIds: () => [],
  };
}
