import type { ToolProgress } from '@capstan/sdk';
import type { ProgressToken, ServerContext } from '@modelcontextprotocol/server';

/** Sends a call's progress to the client that asked for it. */
export interface ProgressReporter {
  report(step: ToolProgress): void;
  /** Resolves when every notification so far is on its way: the result must not overtake them. */
  flushed(): Promise<void>;
}

/**
 * 1. MCP demands that `progress` grows with every notification of a token; a step that does not grow is left out.
 * 2. Notifications go out one after the other, in the order of the steps.
 */
export function createProgressReporter(
  context: ServerContext,
  token: ProgressToken,
  onNotice: (error: Error) => void,
): ProgressReporter {
  let last = Number.NEGATIVE_INFINITY;
  let sent: Promise<void> = Promise.resolve();
  return {
    report: (step) => {
      if (!(step.progress > last)) return;
      last = step.progress;
      const params = { progressToken: token, ...step };
      sent = sent.then(() => context.mcpReq.notify({ method: 'notifications/progress', params })).catch(onNotice);
    },
    flushed: () => sent,
  };
}

/** The token under which a client wants to hear about progress, where it sent one. */
export function progressTokenOf(context: ServerContext): ProgressToken | undefined {
  const token: unknown = context.mcpReq._meta?.progressToken;
  return typeof token === 'string' || typeof token === 'number' ? token : undefined;
}
