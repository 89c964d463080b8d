import { CapstanError } from '@capstan/sdk';
import type { ToolEntry } from '../workspace/tool-entry.ts';
import type { Interceptor } from './invocation.ts';
import { failed } from './outcome.ts';

/** Finds a tool that is enabled in a workspace, by tool id, exposed name or alias. */
export type ToolLookup = (workspaceId: string, name: string) => ToolEntry | undefined;

/** Finds the tool. An unknown workspace, an unknown tool and a hidden one give the same answer. */
export function resolveStage(lookup: ToolLookup, isDraining: () => boolean): Interceptor {
  return {
    stage: 'resolve',
    intercept(invocation, next) {
      if (isDraining()) return failed(invocation, new CapstanError('CAPSTAN_DRAINING', 'the host is shutting down'));
      // A feature of an MCP server stands in no catalog: it comes with its invocation.
      const tool = invocation.tool ?? lookup(invocation.workspaceId, invocation.request.tool);
      if (!tool) return failed(invocation, noSuchTool(invocation.request.tool));
      invocation.tool = tool;
      return next(invocation);
    },
  };
}

function noSuchTool(name: string): CapstanError {
  return new CapstanError('CAPSTAN_TOOL_NOT_FOUND', `no such tool: ${JSON.stringify(name.slice(0, 128))}`);
}
