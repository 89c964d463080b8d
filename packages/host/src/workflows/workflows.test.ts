import type { JsonObject } from '@capstan/sdk';
import { expect, test } from 'vitest';
import type { CallRecord } from '../audit/audit-record.ts';
import type { Host } from '../host.ts';
import { hostOn } from '../test-kit/test-host.ts';

const MANIFEST = `code: research
display_name: Research
version: 1.0.0
description: Researches
tools:
  - name: brief
    description: A brief about a topic
    danger_level: low
    input_schema: { type: object, required: [topic], properties: { topic: { type: string }, token: { type: string, x-secret: true } } }
    output_schema: { type: object, required: [summary] }
    workflow:
      steps:
        - { id: search, tool: app.search, input: { query: "\${{ inputs.topic }}" } }
        - { id: read, tool: app.read, for_each: "\${{ steps.search.result.urls }}", input: { url: "\${{ item }}" } }
        - { id: keep, tool: app.keep, input: { secret: "\${{ inputs.token }}" }, when: inputs.token != null }
      output: { summary: "\${{ steps.read.result }}" }
  - name: twice
    description: Two briefs
    workflow:
      steps:
        - { id: first, tool: brief, input: { topic: "\${{ inputs.topic }}" } }
        - { id: second, tool: brief, input: { topic: "\${{ steps.first.result.summary[0] }}" } }
  - name: patient
    description: Waits for an event
    output_schema: { type: object, required: [never] }
    workflow: { steps: [{ id: wait, event: go }] }
  - name: endless
    description: Calls itself
    workflow: { steps: [{ id: again, tool: endless }] }
  - name: broken
    description: Cannot run
    workflow:
      steps:
        - { id: a, tool: app.search, depends_on: [b] }
`;

interface Seen {
  readonly tool: string;
  readonly input: JsonObject;
  readonly principal: string;
  readonly key: string;
}

const CONFIG = `version: 1
discover: [./packs/*]
workspaces: { default: { packs: [research] } }
`;

async function researchHost(): Promise<{ host: Host; seen: Seen[]; records: readonly CallRecord[] }> {
  const seen: Seen[] = [];
  const { host, records } = await hostOn({ 'packs/research/manifest.yaml': MANIFEST, 'capstan.yaml': CONFIG });
  const answers: Readonly<Record<string, (input: JsonObject) => unknown>> = {
    search: ({ query }) => ({ urls: [`${query}/1`, `${query}/2`] }),
    read: ({ url }) => `text of ${url}`,
    keep: () => true,
  };
  for (const [name, answer] of Object.entries(answers)) {
    host.register({
      id: `app.${name}`,
      description: name,
      ...(name === 'keep'
        ? { inputSchema: { type: 'object', properties: { secret: { type: 'string', 'x-secret': true } } } }
        : {}),
      handler: (input, { principal, idempotencyKey }) => {
        seen.push({ tool: name, input: { ...input }, principal: principal.id, key: idempotencyKey });
        return answer({ ...input }) as string;
      },
    });
  }
  return { host, seen, records };
}

const principal = { id: 'user:ann', roles: ['agent'], permissions: [] };

test('a composition of tools is itself a tool: its steps are calls of the host, as the one who started it', async () => {
  const { host, seen, records } = await researchHost();
  const outcome = await host.invoke({ tool: 'brief', arguments: { topic: 'tea' }, principal });
  expect(outcome).toMatchObject({
    status: 'succeeded',
    result: { value: { summary: ['text of tea/1', 'text of tea/2'] } },
  });
  expect(seen.map(({ tool, principal: who }) => `${tool} ${who}`)).toEqual([
    'search user:ann',
    'read user:ann',
    'read user:ann',
  ]);
  expect(new Set(seen.map(({ key }) => key)).size).toBe(3);
  expect(records.map(({ tool, surface }) => `${tool} ${surface}`)).toEqual([
    'app.search workflow',
    'app.read workflow',
    'app.read workflow',
    'research.brief in_process',
  ]);
});

test('workflows call workflows, and a loop of them ends', async () => {
  const { host, seen } = await researchHost();
  const outcome = await host.invoke({ tool: 'twice', arguments: { topic: 'tea' }, principal });
  expect(outcome).toMatchObject({ result: { value: { second: { summary: { length: 2 } } } } });
  expect(seen.filter(({ tool }) => tool === 'search').map(({ input }) => input.query)).toEqual([
    'tea',
    'text of tea/1',
  ]);
  expect(await host.invoke({ tool: 'endless', principal })).toMatchObject({
    status: 'failed',
    error: { code: 'CAPSTAN_TOOL_FAILED', message: expect.stringContaining('levels deep') },
  });
});

test('whoever does not want to wait gets a handle, whatever the output schema says, and finds the run', async () => {
  const { host } = await researchHost();
  const outcome = await host.invoke({ tool: 'patient', principal, isDetached: true });
  expect(outcome).toMatchObject({ status: 'succeeded', result: { value: { state: 'running' } } });
  const runId = outcome.status === 'succeeded' ? String(outcome.result.meta?.['capstan/run_id']) : '';
  const place = { workspace: 'default', runId };
  expect(await host.runs.find(place)).toMatchObject({ state: 'running', tool: 'research.patient' });
  await host.runs.send(place, 'go', { never: 1 });
  expect(await host.runs.result(place)).toEqual({ state: 'succeeded', output: { wait: { never: 1 } } });
  expect((await host.runs.list({ workspace: 'default' })).items).toMatchObject([{ id: runId, state: 'succeeded' }]);
});

test('secrets of inputs are masked in what is shown of a run', async () => {
  const { host, seen } = await researchHost();
  const runId = await host.runs.start({ tool: 'brief', principal, inputs: { topic: 'tea', token: 'hidden-token-1' } });
  await host.runs.result({ workspace: 'default', runId });
  expect(seen.find(({ tool }) => tool === 'keep')?.input).toEqual({ secret: 'hidden-token-1' });
  const view = await host.runs.find({ workspace: 'default', runId });
  expect(view?.steps.map(({ id, state }) => `${id} ${state}`)).toEqual([
    'search succeeded',
    'read succeeded',
    'keep succeeded',
  ]);
  expect(JSON.stringify(view)).not.toContain('hidden-token-1');
});

test('a workflow that is handed in runs too, and one that is none is refused with every problem', async () => {
  const { host } = await researchHost();
  const workflow = [
    { tool_name: 'app.search', arguments: { query: 'tea' } },
    { tool_name: 'app.keep', arguments: {}, depends_on: ['step_0'], condition: 'step_0 is not None' },
  ];
  const runId = await host.runs.start({ workflow, principal });
  expect(await host.runs.result({ workspace: 'default', runId })).toMatchObject({ output: { step_1: true } });
  await expect(host.runs.start({ workflow: { steps: [{ id: 'a' }] }, principal })).rejects.toMatchObject({
    code: 'CAPSTAN_INVALID_REQUEST',
    details: { problems: [{ code: 'CAPSTAN_WORKFLOW_STEP_ACTION' }] },
  });
  await expect(host.runs.start({ tool: 'app.search', principal })).rejects.toMatchObject({
    code: 'CAPSTAN_INVALID_REQUEST',
  });
});

test('a workflow that cannot run is unsupported, with its place in the manifest; the other tools run', async () => {
  const { host } = await researchHost();
  expect(host.findTool('broken')?.state).toMatchObject({
    kind: 'unsupported',
    reason: "its workflow cannot run: there is no step 'b'",
  });
  const [pack] = host.packs();
  expect(pack?.diagnostics).toMatchObject([{ code: 'CAPSTAN_WORKFLOW_UNKNOWN_STEP', position: { line: 34 } }]);
  expect(host.findTool('brief')).toMatchObject({ isDurable: false, definition: { backendKind: 'workflow' } });
});

test('cancelling the call cancels its run', async () => {
  const { host } = await researchHost();
  const cancel = new AbortController();
  const call = host.invoke({ tool: 'patient', principal, signal: cancel.signal });
  while ((await host.runs.list({ workspace: 'default' })).items.length === 0) await new Promise(setImmediate);
  cancel.abort();
  expect(await call).toMatchObject({ status: 'failed', error: { code: 'CAPSTAN_CANCELLED' } });
  const [run] = (await host.runs.list({ workspace: 'default' })).items;
  expect(await host.runs.result({ workspace: 'default', runId: run?.id ?? '' })).toMatchObject({ state: 'cancelled' });
});
