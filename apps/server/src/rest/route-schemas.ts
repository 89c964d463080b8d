import { EXPORT_FORMATS } from '@capstan/catalog';
import { CONNECTION_TEST_STEPS } from '@capstan/host';
import { CONNECTION_STATUSES, DANGER_LEVELS, ERROR_CODES, OUTCOME_STATUSES } from '@capstan/sdk';
import type { RouteSchema } from './route.ts';

const text: RouteSchema = { type: 'string' };
const flag: RouteSchema = { type: 'boolean' };
const whole: RouteSchema = { type: 'integer' };

type ComponentName =
  | 'Error'
  | 'ErrorAnswer'
  | 'Outcome'
  | 'State'
  | 'Annotations'
  | 'Tool'
  | 'ToolDetail'
  | 'ExportedTools'
  | 'Connection'
  | 'WrittenConnection'
  | 'Workspace'
  | 'ConfigSetting'
  | 'SettingsPlan'
  | 'Key'
  | 'CreatedKey'
  | 'ConnectionTest'
  | 'Authorization'
  | 'Diagnostic'
  | 'Pack'
  | 'ConfigExplanation'
  | 'Circuit'
  | 'Health'
  | 'Approval'
  | 'ToolContract'
  | 'PolicyExplanation'
  | 'PolicyTest';

/** Refers to one of {@link COMPONENT_SCHEMAS}. */
export function component(name: ComponentName): RouteSchema {
  return { $ref: `#/components/schemas/${name}` };
}

function object(properties: Readonly<Record<string, RouteSchema>>, required?: readonly string[]): RouteSchema {
  return { type: 'object', required: required ?? Object.keys(properties), properties, additionalProperties: false };
}

function list(items: RouteSchema): RouteSchema {
  return { type: 'array', items };
}

/** A page of a list. */
export function page(items: RouteSchema): RouteSchema {
  return object({ items: list(items), next_cursor: { ...text, description: 'Absent on the last page.' } }, ['items']);
}

const PLANNED_CHANGE = object(
  {
    kind: { enum: ['add', 'remove', 'change'] },
    path: { ...text, description: 'In the words of the file; an entry of a list by its id or name.' },
    before: { description: 'Masked where it is secret.' },
    after: { description: 'Masked where it is secret.' },
    note: { ...text, description: 'What becomes of what was written at run time.' },
  },
  ['kind', 'path'],
);

const TIME: RouteSchema = { ...text, format: 'date-time' };

const KEY_FIELDS: Readonly<Record<string, RouteSchema>> = {
  id: text,
  name: text,
  prefix: { ...text, description: 'The beginning of its value.' },
  role: text,
  scopes: list(text),
  origin: { enum: ['file', 'runtime'], description: '`file`: declared in `capstan.yaml` or kept in the data folder.' },
  state: { enum: ['active', 'expired', 'revoked'] },
  workspace: { ...text, description: 'The one that it opens. Absent: all.' },
  created_at: TIME,
  created_by: text,
  expires_at: TIME,
  revoked_at: TIME,
  last_used_at: TIME,
};

/** All items of a list, with the revision of the state that they were read at. */
export function withRevision(items: RouteSchema): RouteSchema {
  return object({ items: list(items), revision: { ...whole, description: 'For `If-Match`.' } });
}

const MISSING_KEY = object({ key: text, description: text, secret: flag, places: list(text) }, [
  'key',
  'secret',
  'places',
]);

const TOOL_PROPERTIES: Readonly<Record<string, RouteSchema>> = {
  name: { ...text, description: 'The exposed name: what an agent calls it.' },
  id: { ...text, description: '`{pack code}.{tool name}`' },
  pack: text,
  title: text,
  description: text,
  category: text,
  tags: list(text),
  danger_level: { enum: [...DANGER_LEVELS] },
  annotations: component('Annotations'),
  state: component('State'),
  input_schema: { description: 'A JSON Schema.', type: ['object', 'boolean'] },
  output_schema: { description: 'A JSON Schema.', type: ['object', 'boolean'] },
};
const TOOL_REQUIRED = ['name', 'id', 'pack', 'description', 'tags', 'annotations', 'state'];

/** What answers are made of; `components.schemas` of the OpenAPI document. */
export const COMPONENT_SCHEMAS: Readonly<Record<ComponentName, RouteSchema>> = {
  Error: object(
    {
      code: { enum: Object.keys(ERROR_CODES) },
      message: { ...text, description: 'The fact.' },
      hint: { ...text, description: 'The next action.' },
      retriable: { ...flag, description: 'Whether the same call may succeed later.' },
      details: { type: 'object', description: 'Facts for machines, such as `problems` or `retry_after_ms`.' },
      execution_id: text,
    },
    ['code', 'message', 'hint', 'retriable', 'details'],
  ),
  ErrorAnswer: object({ error: component('Error') }),
  Outcome: object(
    {
      execution_id: { ...text, description: 'Unique for each call; audit records have it too.' },
      status: { enum: [...OUTCOME_STATUSES] },
      result: { description: 'The JSON value that the tool gave.' },
      content: {
        ...list({ type: 'object', required: ['type'] }),
        description: "The tool's own content, in MCP's form.",
      },
      meta: { type: 'object' },
      fallback: {
        ...object(
          {
            kind: { enum: ['tool', 'stale'] },
            tool: { ...text, description: 'The tool that answered.' },
            execution_id: { ...text, description: 'Of the call of that tool.' },
            age_ms: { ...whole, description: 'How old the result is.' },
            instead_of: object({ code: text, message: text }),
          },
          ['kind', 'instead_of'],
        ),
        description: 'Present where the tool failed for good and something else answered.',
      },
      error: component('Error'),
      approval: object({ id: text }),
    },
    ['execution_id', 'status'],
  ),
  State: {
    type: 'object',
    required: ['kind'],
    properties: {
      kind: {
        enum: [
          'ready',
          'needs_config',
          'degraded',
          'unsupported',
          'changed',
          'connecting',
          'discovered',
          'rejected',
          'failed',
          'draining',
          'stopped',
        ],
      },
      missing: list(MISSING_KEY),
      error: component('Error'),
      reason: text,
      retry_at: { ...text, format: 'date-time' },
    },
  },
  Annotations: object({ read_only: flag, destructive: flag, idempotent: flag, open_world: flag }, []),
  Tool: object(TOOL_PROPERTIES, TOOL_REQUIRED),
  ExportedTools: object(
    {
      format: { enum: [...EXPORT_FORMATS] },
      tools: {
        description: 'As the framework takes them: a list, by name for `ai-sdk`. They are called by these names.',
        anyOf: [list({ type: 'object' }), { type: 'object', additionalProperties: { type: 'object' } }],
      },
      next_cursor: { ...text, description: 'Absent on the last page.' },
    },
    ['format', 'tools'],
  ),
  ToolDetail: object(
    {
      ...TOOL_PROPERTIES,
      backend: text,
      durable: { type: 'boolean', description: 'Of a workflow: whether its runs outlive the host.' },
      aliases: list(text),
      permissions: list(text),
      examples: list({}),
      policy: object({
        timeout_ms: whole,
        deadline_ms: whole,
        retry: object({ max_retries: whole, base_ms: whole, max_ms: whole }),
        breaker: object({ failure_threshold: whole, recovery_timeout_s: { type: 'number' }, success_threshold: whole }),
        rate_limit: {
          description: 'null: no limit.',
          anyOf: [
            { type: 'null' },
            object({ limit: whole, window_ms: whole, per: { enum: ['principal', 'workspace', 'connection'] } }),
          ],
        },
        fallback: {
          description: 'What answers when the tool fails for good: a tool, or `stale`. null: nothing.',
          type: ['string', 'null'],
        },
      }),
      connections: list(component('Connection')),
    },
    [...TOOL_REQUIRED, 'input_schema', 'backend', 'aliases', 'permissions', 'examples', 'policy', 'connections'],
  ),
  Connection: object(
    {
      id: text,
      pack: text,
      tool_type: text,
      connection_type: text,
      name: text,
      remote_cluster_url: text,
      remote_connection_id: text,
      auth_type: text,
      status: { enum: CONNECTION_STATUSES },
      since: { ...text, format: 'date-time', description: 'Since when it has this status; absent: nobody has looked.' },
      last_validated_at: { ...text, format: 'date-time', description: 'When it was tested last.' },
      validation_error: {
        ...object({ code: text, message: text, hint: text }),
        description: 'Why it is not `connected`.',
      },
      derived: { ...flag, description: 'Made by the host because nobody declared one.' },
    },
    ['id', 'pack', 'tool_type', 'connection_type', 'name', 'auth_type', 'status', 'derived'],
  ),
  ConnectionTest: object(
    {
      connection: text,
      workspace: text,
      pack: text,
      url: text,
      ok: flag,
      status: { enum: CONNECTION_STATUSES },
      tested_at: { ...text, format: 'date-time' },
      steps: {
        ...list(
          object(
            {
              name: { enum: CONNECTION_TEST_STEPS },
              outcome: { enum: ['passed', 'failed', 'skipped'] },
              ms: whole,
              detail: { ...text, description: 'What was seen, or why it was skipped.' },
              reason: { ...text, description: 'What is wrong, in one word: `certificate_expired`.' },
              error: object({ code: text, message: text, hint: text }),
            },
            ['name', 'outcome', 'ms'],
          ),
        ),
        description: 'Every step in its order; those after a failure are skipped.',
      },
    },
    ['connection', 'workspace', 'pack', 'ok', 'status', 'tested_at', 'steps'],
  ),
  Authorization: object({
    authorization_url: { ...text, description: 'To be opened in a browser.' },
    redirect_uri: { ...text, description: 'Where the browser comes back to.' },
    expires_at: { ...text, format: 'date-time' },
  }),
  Diagnostic: object(
    {
      severity: { enum: ['error', 'warning'] },
      code: text,
      message: text,
      path: text,
      line: whole,
      column: whole,
      hint: text,
      frame: text,
    },
    ['severity', 'code', 'message', 'path', 'line', 'column'],
  ),
  Pack: object({
    code: text,
    display_name: text,
    version: text,
    description: text,
    type: text,
    origin: text,
    enabled: flag,
    state: component('State'),
    tool_count: whole,
    environment: list(
      object({
        name: text,
        allowed: flag,
        purpose: { ...text, description: 'The keys of its config that the variable would set, and what for.' },
      }),
    ),
    reaches: list(text),
    diagnostics: list(component('Diagnostic')),
  }),
  ConfigExplanation: {
    type: 'object',
    description:
      'For each key: the layer that won and where it came from, the layers that lost, and what may not count.',
    required: ['ready', 'keys', 'missing', 'problems', 'warnings'],
    properties: {
      ready: flag,
      keys: list({
        type: 'object',
        required: ['key', 'required', 'secret', 'outcome', 'overridden', 'ignored'],
        properties: { key: text, required: flag, secret: flag, outcome: { enum: ['set', 'unset', 'invalid'] } },
      }),
      missing: list(MISSING_KEY),
      problems: list({ type: 'object' }),
      warnings: list({ type: 'object' }),
    },
  },
  Approval: object(
    {
      id: text,
      workspace: text,
      principal: { ...text, description: 'Who wants to call.' },
      tool: text,
      arguments: { description: 'Secrets are redacted.' },
      arguments_digest: { ...text, description: 'SHA-256 of the canonical call, which the approval is bound to.' },
      reason: { ...text, description: 'Why an operator is asked: `danger_level: high`, or `policy: {id}`.' },
      requested_at: TIME,
      expires_at: TIME,
      state: { enum: ['pending', 'approved', 'rejected', 'consumed'] },
      decided_at: TIME,
      decided_by: text,
      comment: text,
      execution_id: { ...text, description: 'Of the call that used it.' },
    },
    [
      'id',
      'workspace',
      'principal',
      'tool',
      'arguments',
      'arguments_digest',
      'reason',
      'requested_at',
      'expires_at',
      'state',
    ],
  ),
  ToolContract: object(
    {
      tool: text,
      name: text,
      kind: { enum: ['changed', 'new', 'same'] },
      blocked: { ...flag, description: 'It can be neither called nor seen by agents until it is accepted.' },
      changes: list(object({ pointer: text, before: {}, after: {} }, ['pointer'])),
      before: { type: 'object', description: 'As it was accepted; a new tool has none.' },
      after: { type: 'object' },
      digest: { ...text, description: 'SHA-256 of `after` as canonical JSON.' },
    },
    ['tool', 'name', 'kind', 'blocked', 'changes', 'after', 'digest'],
  ),
  PolicyExplanation: object(
    {
      tool: text,
      principal: object({ id: text, roles: list(text), permissions: list(text) }),
      allowed: flag,
      reason: text,
      approval: { ...text, description: 'The policy by which an operator has to approve the call.' },
      callable: { enum: ['always', 'some', 'never'], description: '`some`: it hangs on the arguments.' },
      listed: flag,
      policies: list(object({ id: text, path: text, line: whole, column: whole })),
    },
    ['tool', 'principal', 'allowed', 'callable', 'listed', 'policies'],
  ),
  PolicyTest: object({
    replayed: whole,
    skipped: { ...whole, description: 'Calls of tools that are gone, or that no policy decided.' },
    changes: list({ type: 'object' }),
  }),
  Health: object({ status: { enum: ['ok', 'ready', 'draining'] } }),
  Workspace: object({
    id: text,
    name: text,
    origin: {
      description: 'Who declared it: `capstan.yaml`, with the place, or somebody at run time.',
      oneOf: [
        object({ kind: { const: 'file' }, path: text, line: whole, column: whole }),
        object({ kind: { const: 'runtime' }, by: text, at: { ...text, format: 'date-time' } }),
      ],
    },
    packs: list(text),
    connections: list(text),
    setting_count: whole,
    mcp_servers: list(text),
  }),
  WrittenConnection: object({
    id: text,
    workspace: text,
    definition: { type: 'object', description: 'In the words of `capstan.yaml`, without secrets.' },
    secrets: { ...list(text), description: 'JSON Pointers into the definition, where a secret is kept.' },
    set_by: text,
    set_at: { ...text, format: 'date-time' },
  }),
  SettingsPlan: object({
    file: text,
    applied: flag,
    changes: list(PLANNED_CHANGE),
    restart: { ...list(PLANNED_CHANGE), description: 'What counts from the next start.' },
  }),
  Key: object(KEY_FIELDS, ['name', 'role', 'origin', 'state']),
  CreatedKey: object({ ...KEY_FIELDS, value: { ...text, description: 'The key. Nobody sees it again.' } }, [
    'id',
    'name',
    'role',
    'origin',
    'state',
    'value',
  ]),
  ConfigSetting: object(
    {
      pack: text,
      key: text,
      workspace: { ...text, description: 'Absent: in all workspaces.' },
      value: { description: 'Absent for a secret.' },
      secret: flag,
      set_by: text,
      set_at: { ...text, format: 'date-time' },
    },
    ['pack', 'key', 'secret', 'set_by', 'set_at'],
  ),
  Circuit: {
    type: 'object',
    required: ['endpoint', 'state'],
    properties: {
      endpoint: {
        ...text,
        description: 'Origin and base path; `tool:{workspace}/{tool id}` for a breaker of a tool itself.',
      },
      state: { enum: ['closed', 'open', 'half_open'] },
      failures: { ...whole, description: 'In a row, while closed.' },
      successes: { ...whole, description: 'In a row, while half open.' },
      since: { ...text, format: 'date-time', description: 'When it opened.' },
      retry_at: { ...text, format: 'date-time', description: 'When a call may try it out.' },
      reason: { ...text, description: 'Why it opened.' },
      pending: { ...whole, description: 'Attempts under way.' },
      counters: {
        ...object({ calls: whole, failures: whole, rejected: whole, retries: whole, retries_refused: whole }),
        description: 'Since the start; `retries_refused` by the retry budget.',
      },
      last_failure: object({ at: { ...text, format: 'date-time' }, reason: text }),
    },
  },
};
