import type { Host } from '@capstan/host';
import type { JsonObject } from '@capstan/sdk';
import { APPROVAL_STATES, type ApprovalStateKind, type StoredApproval } from '@capstan/store';
import { actorOf } from './act-as.ts';
import { textIn } from './json-reader.ts';
import type { Route } from './route.ts';
import { component, page } from './route-schemas.ts';
import { isoTime } from './wire-views.ts';

/** Calls that wait for an operator. An agent reaches none of these routes. */
export function approvalRoutes(host: Host): readonly Route[] {
  return [listApprovals(host), showApproval(host), decide(host, 'approve'), decide(host, 'deny')];
}

const ALL = '/v1/workspaces/{workspace}/approvals';
const ONE = `${ALL}/{approval}`;

function listApprovals(host: Host): Route {
  return {
    method: 'get',
    path: ALL,
    operationId: 'listApprovals',
    tag: 'operations',
    summary: 'List the calls that wait, or waited, for an operator, newest first',
    access: 'operator',
    query: {
      state: { description: 'Only in this state.', schema: { type: 'string', enum: [...APPROVAL_STATES] } },
      cursor: { description: '`next_cursor` of the page before.', schema: { type: 'string', maxLength: 1024 } },
      limit: { description: 'Default 100.', schema: { type: 'integer', minimum: 1, maximum: 1000 } },
    },
    responses: { 200: page(component('Approval')) },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND', 'CAPSTAN_STORE_UNAVAILABLE'],
    handle: async ({ workspace, query: { state, cursor, limit } }) => {
      const kind = APPROVAL_STATES.find((known): known is ApprovalStateKind => known === state);
      const { items, nextCursor } = await host.approvals.list(
        { workspace, ...(kind === undefined ? {} : { state: kind }) },
        { ...(typeof cursor === 'string' ? { cursor } : {}), ...(typeof limit === 'number' ? { limit } : {}) },
      );
      const next = nextCursor === undefined ? {} : { next_cursor: nextCursor };
      return { status: 200, body: { items: items.map(approvalJson), ...next } };
    },
  };
}

function showApproval(host: Host): Route {
  return {
    method: 'get',
    path: ONE,
    operationId: 'showApproval',
    tag: 'operations',
    summary: 'One call that waits, or waited, for an operator',
    access: 'operator',
    responses: { 200: component('Approval') },
    errors: ['CAPSTAN_NOT_FOUND', 'CAPSTAN_STORE_UNAVAILABLE'],
    handle: async ({ workspace, path }) => ({
      status: 200,
      body: approvalJson(await host.approvals.get(path.approval ?? '', workspace)),
    }),
  };
}

function decide(host: Host, verb: 'approve' | 'deny'): Route {
  return {
    method: 'post',
    path: `${ONE}/${verb}`,
    operationId: `${verb}Call`,
    tag: 'operations',
    summary: verb === 'approve' ? 'Let the call be made, once' : 'Refuse the call',
    description: 'The caller makes the identical call again; it is authorised anew, and uses the approval up.',
    access: 'operator',
    body: {
      required: false,
      variants: [
        {
          type: 'object',
          properties: { comment: { type: 'string', maxLength: 1000, description: 'For the audit.' } },
          additionalProperties: false,
        },
      ],
      example: { comment: 'agreed with finance' },
    },
    responses: { 200: component('Approval') },
    errors: ['CAPSTAN_NOT_FOUND', 'CAPSTAN_CONFLICT', 'CAPSTAN_STORE_UNAVAILABLE'],
    handle: async (request) => {
      const comment = textIn(request.body, 'comment');
      const verdict = verb === 'approve' ? 'approved' : 'rejected';
      const decision = { id: request.path.approval ?? '', workspace: request.workspace, verdict } as const;
      const approval = await host.approvals.decide(
        { ...decision, ...(comment === undefined ? {} : { comment }) },
        { ...actorOf(request), origin: request.origin },
      );
      return { status: 200, body: approvalJson(approval) };
    },
  };
}

/** An approval on the wire. */
export function approvalJson(approval: StoredApproval): JsonObject {
  const { id, workspace, principal, toolId, argumentsDigest, reason, requestedAt, expiresAt, state } = approval;
  return {
    id,
    workspace,
    principal,
    tool: toolId,
    arguments: approval.arguments,
    arguments_digest: argumentsDigest,
    reason,
    requested_at: isoTime(requestedAt),
    expires_at: isoTime(expiresAt),
    state: state.kind,
    ...(state.kind === 'pending' ? {} : decisionJson(state)),
    ...(state.kind === 'consumed' ? { execution_id: state.executionId } : {}),
  };
}

function decisionJson(state: Exclude<StoredApproval['state'], { readonly kind: 'pending' }>): JsonObject {
  const { decidedAt, decidedBy, comment } = state;
  return { decided_at: isoTime(decidedAt), decided_by: decidedBy, ...(comment === undefined ? {} : { comment }) };
}
