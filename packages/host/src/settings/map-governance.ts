import type { SourcePosition } from '@capstan/schema';
import { type JsonNode, memberOf, numberOr, textOf, textOr, wordOr } from './json-node.ts';
import { DEFAULT_APPROVALS, DEFAULT_DRIFT } from './settings-defaults.ts';
import { APPROVAL_LEVELS, DRIFT_MODES, type HostSettings, type WorkspaceSettings } from './settings-model.ts';

/** Which calls wait for an operator, and who is told. */
export function approvalsIn(node: JsonNode, position: SourcePosition): HostSettings['approvals'] {
  const webhook = memberOf(node, 'webhook');
  const url = textOf(webhook, 'url');
  return {
    level: wordOr(node, 'danger_level', APPROVAL_LEVELS, DEFAULT_APPROVALS.level),
    expiresMs: numberOr(node, 'expires_s', DEFAULT_APPROVALS.expiresMs / 1_000) * 1_000,
    ...(url === undefined ? {} : { webhook: { url, secret: textOr(webhook, 'secret', ''), position } }),
  };
}

/** What a workspace says otherwise than the host. */
export function governanceIn(workspace: JsonNode): Pick<WorkspaceSettings, 'approvalLevel' | 'drift'> {
  const approvals = memberOf(workspace, 'approvals');
  return {
    ...(memberOf(approvals, 'danger_level') === undefined
      ? {}
      : { approvalLevel: wordOr(approvals, 'danger_level', APPROVAL_LEVELS, DEFAULT_APPROVALS.level) }),
    ...(memberOf(workspace, 'drift') === undefined
      ? {}
      : { drift: wordOr(workspace, 'drift', DRIFT_MODES, DEFAULT_DRIFT) }),
  };
}
