import { createHash } from 'node:crypto';
import { canonicalJson } from '@capstan/schema';
import type { ApprovalBinding } from '@capstan/store';
import type { Invocation } from '../pipeline/invocation.ts';
import type { ToolEntry } from '../workspace/tool-entry.ts';

/**
 * What an approval of this call is bound to. The digest is over canonical JSON (RFC 8785) of the arguments and of the
 * connection that the call would use, so that neither can be exchanged afterwards.
 * @throws CapstanError when no connection can be chosen
 */
export function bindingOf({ principal, workspaceId, request, ...call }: Invocation, tool: ToolEntry): ApprovalBinding {
  const connection = tool.runner.connectionId?.(request.connection) ?? null;
  const text = canonicalJson({ arguments: call.arguments, connection });
  return {
    workspace: workspaceId,
    principal: principal.id,
    toolId: tool.definition.id,
    argumentsDigest: createHash('sha256').update(text).digest('hex'),
  };
}
