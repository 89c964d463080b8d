import { CapstanError, type ToolCaller } from '@capstan/sdk';
import { atCallDepth, CallContext } from './backends/call-context.ts';
import type { Host } from './host.ts';

/** Tools that call tools that call tools: deeper than this is taken for a loop. */
const MAX_CALL_DEPTH = 8;

/** Lets pack code call other tools: as the same principal, in the same workspace, through the whole pipeline. */
export function toolCallerOver(invoke: Host['invoke'], workspaceId: string): ToolCaller {
  return {
    async call(name, input, context) {
      const depth = (context instanceof CallContext ? context.depth : 0) + 1;
      if (depth > MAX_CALL_DEPTH) {
        throw new CapstanError('CAPSTAN_TOOL_FAILED', `tools called each other ${depth} levels deep`, {
          hint: 'Two tools probably call each other; break the loop.',
        });
      }
      const request = {
        workspace: workspaceId,
        tool: name,
        arguments: input,
        principal: context.principal,
        signal: context.signal,
        deadline: context.deadline,
        surface: 'tool',
      } as const;
      const outcome = await invoke(atCallDepth(request, depth));
      if (outcome.status === 'succeeded') return outcome.result.value;
      if (outcome.status === 'pending') {
        throw new CapstanError('CAPSTAN_TOOL_FAILED', `${name} waits for the approval ${outcome.approval.id}`);
      }
      throw outcome.error;
    },
  };
}
