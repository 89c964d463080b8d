import type { JsonObject } from '@capstan/sdk';
import { CapstanError } from '@capstan/sdk';
import type { AuditFilter } from '@capstan/store';
import type { AuditLog } from '../audit/audit-log.ts';
import { type SecurityReport, type SecurityReportSources, securityReport } from '../audit/security-report.ts';
import type { Route, RouteParameter, RouteRequest, RouteSchema } from './route.ts';
import { page } from './route-schemas.ts';

/** What the audit routes read. */
export interface AuditRouteSources extends SecurityReportSources {
  readonly log: AuditLog;
}

/** What was recorded: calls and administrative acts. */
export function auditRoutes(sources: AuditRouteSources): readonly Route[] {
  return [listAudit(sources.log), listWorkspaceAudit(sources.log), verifyAudit(sources.log), reportAudit(sources)];
}

const RECORD: RouteSchema = {
  type: 'object',
  description: 'A call or an administrative act; see docs/audit.md.',
  required: ['kind', 'at', 'principal', 'status', 'replica', 'sequence'],
};

function textParameter(description: string, more: object = {}): RouteParameter {
  return { description, schema: { type: 'string', minLength: 1, maxLength: 256, ...more } };
}

const FILTERS: Readonly<Record<string, RouteParameter>> = {
  kind: textParameter('`call` or `act`.', { enum: ['call', 'act'] }),
  tool: textParameter('A tool id.'),
  act: textParameter('An administrative act, such as `pack.enable`.'),
  principal: textParameter('Who did it, such as `key:ci`.'),
  status: textParameter('`succeeded`, `failed`, `denied` or `pending`.', {
    enum: ['succeeded', 'failed', 'denied', 'pending'],
  }),
  code: textParameter('An error code.'),
  execution_id: textParameter('The id of a call.'),
  since: textParameter('From this moment on, RFC 3339.'),
  until: textParameter('Before this moment, RFC 3339.'),
  cursor: {
    description: '`next_cursor` of the page before.',
    schema: { type: 'string', minLength: 1, maxLength: 1024 },
  },
  limit: { description: 'Default 100.', schema: { type: 'integer', minimum: 1, maximum: 1000 } },
};

function listAudit(log: AuditLog): Route {
  return {
    method: 'get',
    path: '/v1/audit',
    operationId: 'listAudit',
    tag: 'operations',
    summary: 'Audit records of all workspaces, newest first',
    access: 'admin',
    query: { ...FILTERS, workspace: textParameter('Only of this workspace.') },
    responses: { 200: page(RECORD) },
    errors: ['CAPSTAN_STORE_UNAVAILABLE'],
    handle: async (request) => {
      const { workspace } = request.query;
      return listed(log, request, typeof workspace === 'string' ? { workspace } : {});
    },
  };
}

function listWorkspaceAudit(log: AuditLog): Route {
  return {
    method: 'get',
    path: '/v1/workspaces/{workspace}/audit',
    operationId: 'listWorkspaceAudit',
    tag: 'operations',
    summary: 'Audit records of one workspace, newest first',
    access: 'operator',
    query: FILTERS,
    responses: { 200: page(RECORD) },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND', 'CAPSTAN_STORE_UNAVAILABLE'],
    handle: (request) => listed(log, request, { workspace: request.workspace }),
  };
}

async function listed(log: AuditLog, { query }: RouteRequest, scope: AuditFilter) {
  const { items, nextCursor } = await log.query(
    { ...auditFilterOf(query), ...scope },
    {
      ...(typeof query.limit === 'number' ? { limit: query.limit } : {}),
      ...(typeof query.cursor === 'string' ? { cursor: query.cursor } : {}),
    },
  );
  return { status: 200, body: { items, ...(nextCursor === undefined ? {} : { next_cursor: nextCursor }) } };
}

/** What the query of a request asks for. @throws CapstanError CAPSTAN_INVALID_REQUEST for what is no moment */
export function auditFilterOf(query: Readonly<Record<string, unknown>>): AuditFilter {
  const { kind, tool, act, principal, status, code, execution_id: executionId, since, until } = query;
  const subject = tool ?? act;
  return {
    ...(typeof kind === 'string' ? { kind: kind === 'call' ? 'invocation' : 'administration' } : {}),
    ...(typeof subject === 'string' ? { subject } : {}),
    ...(typeof principal === 'string' ? { principal } : {}),
    ...(typeof status === 'string' ? { status } : {}),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof executionId === 'string' ? { executionId } : {}),
    ...(typeof since === 'string' ? { from: moment('since', since) } : {}),
    ...(typeof until === 'string' ? { to: moment('until', until) } : {}),
  };
}

function moment(name: string, text: string): number {
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return at;
  throw new CapstanError('CAPSTAN_INVALID_REQUEST', `${name} is no moment: ${JSON.stringify(text)}`, {
    hint: 'Write it as in RFC 3339: 2026-01-31T00:00:00Z.',
  });
}

const FINDING: RouteSchema = {
  type: 'object',
  required: ['kind', 'place', 'message'],
  properties: {
    kind: { enum: ['unreadable', 'changed', 'gap'] },
    place: { type: 'string', description: 'The file and line, or the place in the store.' },
    message: { type: 'string' },
  },
  additionalProperties: false,
};

function verifyAudit(log: AuditLog): Route {
  return {
    method: 'get',
    path: '/v1/audit/verify',
    operationId: 'verifyAudit',
    tag: 'operations',
    summary: 'Look through the hash chains of the audit records',
    description:
      'Files of this replica and everything in the store. Note the heads elsewhere to notice a chain made anew.',
    access: 'admin',
    responses: {
      200: {
        type: 'object',
        required: ['whole', 'chains'],
        properties: {
          whole: { type: 'boolean', description: 'Whether nothing was found.' },
          chains: {
            type: 'array',
            items: {
              type: 'object',
              required: ['source', 'records', 'first', 'last', 'head', 'findings'],
              properties: {
                source: { type: 'string', description: '`store`, or the folder of files.' },
                replica: { type: 'string' },
                records: { type: 'integer' },
                first: { type: 'integer' },
                last: { type: 'integer' },
                head: { type: 'string', description: 'SHA-256 of the last record.' },
                findings: { type: 'array', items: FINDING },
              },
              additionalProperties: false,
            },
          },
        },
        additionalProperties: false,
      },
    },
    errors: ['CAPSTAN_STORE_UNAVAILABLE'],
    handle: async () => {
      const chains = await log.verify();
      return { status: 200, body: { whole: chains.every(({ findings }) => findings.length === 0), chains } };
    },
  };
}

const DEFAULT_REPORT_DAYS = 30;

function reportAudit(sources: AuditRouteSources): Route {
  const list = (properties: Readonly<Record<string, RouteSchema>>): RouteSchema => ({
    type: 'array',
    items: { type: 'object', required: Object.keys(properties), properties, additionalProperties: false },
  });
  const text: RouteSchema = { type: 'string' };
  const properties: Readonly<Record<keyof SecurityReport, RouteSchema>> = {
    from: text,
    to: text,
    records: { type: 'integer' },
    truncated: { type: 'boolean', description: 'Whether there were more records than were looked at.' },
    calls: { type: 'object', additionalProperties: { type: 'integer' }, description: 'Counts by status.' },
    acts: { type: 'integer' },
    denied_calls: list({ principal: text, tool: text, count: { type: 'integer' } }),
    unused_permissions: list({ workspace: text, permission: text, tools: { type: 'integer' } }),
    unused_tools: list({ workspace: text, tool: text }),
    keys_without_expiry: list({ name: text, roles: { type: 'array', items: text } }),
    unused_keys: { type: 'array', items: text },
    drifted_tools: list({ workspace: text, tool: text }),
  };
  return {
    method: 'get',
    path: '/v1/audit/report',
    operationId: 'reportAudit',
    tag: 'operations',
    summary: 'A security report of the last days',
    access: 'admin',
    query: { days: { description: 'Default 30.', schema: { type: 'integer', minimum: 1, maximum: 366 } } },
    responses: { 200: { type: 'object', required: Object.keys(properties), properties, additionalProperties: false } },
    errors: ['CAPSTAN_STORE_UNAVAILABLE'],
    handle: async ({ query }) => {
      const days = typeof query.days === 'number' ? query.days : DEFAULT_REPORT_DAYS;
      const report: JsonObject = { ...(await securityReport(sources, days)) };
      return { status: 200, body: report };
    },
  };
}
