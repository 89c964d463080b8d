import type { ToolHandler } from '@capstan/sdk';
import type { BoundTool, ToolRunner } from '../workspace/tool-entry.ts';

const READY = { kind: 'ready' } as const;

/** Runs a tool of the application's own code. It has no connection: the application brings what it needs. */
export function applicationRunner(handler: ToolHandler): ToolRunner {
  const bound: BoundTool = { connectionId: undefined, run: (input, context) => handler({ ...input }, context) };
  return { bind: () => bound, state: () => READY, connectionIds: () => [] };
}
