import type { Host } from '@capstan/host';
import { CapstanError, type JsonObject, type JsonValue } from '@capstan/sdk';
import { RUN_STATES, type RunPlace, type RunView } from '@capstan/workflow';
import { requireAccess, viewerOf } from '../auth/access.ts';
import { objectIn, textIn } from './json-reader.ts';
import type { Route, RouteRequest, RouteSchema } from './route.ts';
import { runJson, runSummaryJson } from './run-json.ts';
import type { HttpReply } from './wire-outcome.ts';

const RUN: RouteSchema = { type: 'object', description: 'A run: its state, and each of its steps.' };
const RUN_ID: RouteSchema = { type: 'object', required: ['run_id'], properties: { run_id: { type: 'string' } } };
const ERRORS = ['CAPSTAN_WORKSPACE_NOT_FOUND', 'CAPSTAN_NOT_FOUND', 'CAPSTAN_CONFLICT'] as const;
const BASE = '/v1/workspaces/{workspace}/runs';

/** Runs of workflows: starting, seeing and steering them. */
export function runRoutes(host: Host): readonly Route[] {
  return [startRun(host), listRuns(host), showRun(host), ...steering(host), sendEvent(host), approveStep(host)];
}

function startRun(host: Host): Route {
  return {
    method: 'post',
    path: BASE,
    operationId: 'startRun',
    tag: 'tools',
    summary: 'Start a workflow and do not wait for it',
    description:
      'A tool whose backend is a workflow, or a workflow itself. Its steps are calls of the one who starts it. Starting again with the same Idempotency-Key gives the same run.',
    access: 'agent',
    headers: {
      'idempotency-key': {
        description: 'The same key for a repeated request.',
        schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
      },
    },
    body: {
      required: true,
      variants: [
        {
          type: 'object',
          required: ['name'],
          properties: { name: { type: 'string', minLength: 1, maxLength: 256 }, arguments: { type: 'object' } },
          additionalProperties: false,
        },
        {
          type: 'object',
          required: ['workflow'],
          properties: { workflow: { type: ['object', 'array'] }, inputs: { type: 'object' } },
          additionalProperties: false,
        },
      ],
      example: { name: 'research_brief', arguments: { topic: 'tea' } },
    },
    responses: { 200: RUN_ID },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND', 'CAPSTAN_TOOL_NOT_FOUND', 'CAPSTAN_INVALID_ARGUMENTS', 'CAPSTAN_DENIED'],
    handle: async ({ workspace, caller, body, header }) => {
      const tool = textIn(body, 'name');
      const inputs = objectIn(body, tool === undefined ? 'inputs' : 'arguments');
      const key = header('idempotency-key');
      const run_id = await host.runs.start({
        workspace,
        principal: caller.principal,
        ...(tool === undefined ? { workflow: body.workflow ?? null } : { tool }),
        ...(inputs === undefined ? {} : { inputs }),
        ...(key === undefined ? {} : { idempotencyKey: key }),
      });
      return { status: 200, body: { run_id } };
    },
  };
}

function listRuns(host: Host): Route {
  return {
    method: 'get',
    path: BASE,
    operationId: 'listRuns',
    tag: 'tools',
    summary: 'List the runs of a workspace, the newest first',
    access: 'operator',
    query: {
      state: { description: 'Only runs in this state.', schema: { type: 'string', enum: RUN_STATES } },
      tool: { description: 'Only runs of this tool, by its id.', schema: { type: 'string', maxLength: 256 } },
      limit: { description: 'How many (50).', schema: { type: 'integer', minimum: 1, maximum: 500 } },
      cursor: { description: '`next_cursor` of the page before.', schema: { type: 'string', maxLength: 256 } },
    },
    responses: { 200: { type: 'object' } },
    errors: ['CAPSTAN_WORKSPACE_NOT_FOUND'],
    handle: async ({ workspace, query }) => {
      const state = RUN_STATES.find((each) => each === query.state);
      const { items, nextCursor } = await host.runs.list({
        workspace,
        ...(state === undefined ? {} : { state }),
        ...(typeof query.tool === 'string' ? { tool: query.tool } : {}),
        ...(typeof query.limit === 'number' ? { limit: query.limit } : {}),
        ...(typeof query.cursor === 'string' ? { cursor: query.cursor } : {}),
      });
      return {
        status: 200,
        body: { items: items.map(runSummaryJson), ...(nextCursor === undefined ? {} : { next_cursor: nextCursor }) },
      };
    },
  };
}

function showRun(host: Host): Route {
  return {
    method: 'get',
    path: `${BASE}/{run}`,
    operationId: 'getRun',
    tag: 'tools',
    summary: 'One run with its steps',
    description:
      'With `Accept: text/event-stream` the answer is a stream: a `run` event whenever something changed, and a `result` event when the run is over. An agent sees the runs that it started, an operator all.',
    access: 'agent',
    responses: { 200: RUN },
    streams: true,
    errors: ERRORS,
    handle: async (request) => {
      const view = await viewOf(host, request);
      const events = request.openEvents?.();
      if (events === undefined) return { status: 200, body: runJson(view) };
      await follow(host, request, (event, body) => {
        if (event === 'result') events.finish(event, JSON.stringify(body));
        else events.offer(event, body);
      });
      return undefined;
    },
  };
}

/** Says how a run stands whenever that changed, until it is over or the client is gone. */
async function follow(
  host: Host,
  request: RouteRequest,
  say: (event: 'run' | 'result', body: JsonObject) => void,
): Promise<void> {
  const place = placeOf(request);
  let changed = Promise.withResolvers<void>();
  const wake = (): void => changed.resolve();
  const stop = host.runs.watch(place, wake);
  request.signal.addEventListener('abort', wake, { once: true });
  let last = '';
  try {
    while (!request.signal.aborted) {
      changed = Promise.withResolvers<void>();
      const view = await viewOf(host, request);
      const body = runJson(view);
      if (view.state !== 'running') return say('result', body);
      const text = JSON.stringify(body);
      if (text !== last) say('run', body);
      last = text;
      await changed.promise;
    }
  } finally {
    stop();
    request.signal.removeEventListener('abort', wake);
  }
}

function steering(host: Host): readonly Route[] {
  const steer = (
    action: 'cancel' | 'resume' | 'fork',
    summary: string,
    work: (place: RunPlace, request: RouteRequest) => Promise<string>,
    body?: Route['body'],
  ): Route => ({
    method: 'post',
    path: `${BASE}/{run}/${action}`,
    operationId: `${action}Run`,
    tag: 'tools',
    summary,
    access: 'agent',
    ...(body === undefined ? {} : { body }),
    responses: { 200: RUN_ID },
    errors: ERRORS,
    handle: async (request): Promise<HttpReply> => {
      await viewOf(host, request);
      return { status: 200, body: { run_id: await work(placeOf(request), request) } };
    },
  });
  return [
    steer('cancel', 'Cancel a run: calls under way are ended, what was done is undone', async (place) => {
      await host.runs.cancel(place);
      return place.runId;
    }),
    steer('resume', 'Go on with a run that failed or was cancelled: what succeeded stays', async (place) => {
      await host.runs.resume(place);
      return place.runId;
    }),
    steer(
      'fork',
      'Start a new run that does a step and those after it again',
      (place, { body }) => host.runs.fork(place, textIn(body, 'from_step') ?? ''),
      {
        required: true,
        variants: [
          {
            type: 'object',
            required: ['from_step'],
            properties: { from_step: { type: 'string', minLength: 1, maxLength: 64 } },
            additionalProperties: false,
          },
        ],
        example: { from_step: 'summary' },
      },
    ),
  ];
}

function sendEvent(host: Host): Route {
  return {
    method: 'post',
    path: `${BASE}/{run}/events`,
    operationId: 'sendRunEvent',
    tag: 'tools',
    summary: 'Send a run an event; it is kept until a step waits for it',
    access: 'agent',
    body: {
      required: true,
      variants: [
        {
          type: 'object',
          required: ['event'],
          properties: { event: { type: 'string', minLength: 1, maxLength: 256 }, payload: {} },
          additionalProperties: false,
        },
      ],
      example: { event: 'parcel_handed_over', payload: { to: 'Bob' } },
    },
    responses: { 200: RUN_ID },
    errors: ERRORS,
    handle: async (request) => {
      await viewOf(host, request);
      const place = placeOf(request);
      const payload: JsonValue = request.body.payload ?? null;
      await host.runs.send(place, textIn(request.body, 'event') ?? '', payload);
      return { status: 200, body: { run_id: place.runId } };
    },
  };
}

function approveStep(host: Host): Route {
  return {
    method: 'post',
    path: `${BASE}/{run}/approvals/{step}`,
    operationId: 'answerRunApproval',
    tag: 'operations',
    summary: 'Answer a step that waits for an approval',
    access: 'operator',
    body: {
      required: true,
      variants: [
        {
          type: 'object',
          required: ['approved'],
          properties: { approved: { type: 'boolean' }, comment: { type: 'string', maxLength: 2000 } },
          additionalProperties: false,
        },
      ],
      example: { approved: true },
    },
    responses: { 200: RUN_ID },
    errors: ERRORS,
    handle: async ({ body, path, workspace, caller }) => {
      const runId = path.run ?? '';
      const comment = textIn(body, 'comment');
      await host.runs.approve({ workspace, runId }, path.step ?? '', {
        approved: body.approved === true,
        by: caller.principal.id,
        ...(comment === undefined ? {} : { comment }),
      });
      return { status: 200, body: { run_id: runId } };
    },
  };
}

function placeOf({ workspace, path }: RouteRequest): RunPlace {
  return { workspace, runId: path.run ?? '' };
}

/** @throws CapstanError CAPSTAN_NOT_FOUND, for a run of somebody else too */
async function viewOf(host: Host, request: RouteRequest): Promise<RunView> {
  const { caller } = request;
  requireAccess(caller, 'agent');
  const view = await host.runs.find(placeOf(request));
  const maySee = viewerOf(caller) === 'operator' || view?.principalId === caller.principal.id;
  if (view !== undefined && maySee) return view;
  throw new CapstanError('CAPSTAN_NOT_FOUND', 'there is no such run in this workspace', {
    hint: 'An agent sees the runs that it started itself.',
  });
}
