import { expect, test } from 'vitest';
import { AGENT_KEY, OTHER_KEY, serverUnderTest } from '../running-server.test.support.ts';

const SECOND_KEY = 'cap_second-agent_of-the-tests';
const ATTEMPTS = [
  { path: '', method: 'GET' },
  { path: '/cancel', body: {} },
  { path: '/resume', body: {} },
  { path: '/fork', body: { from_step: 'wait' } },
  { path: '/events', body: { event: 'go' } },
];

test('a run of another agent or workspace is like one that does not exist', async () => {
  const server = await serverUnderTest({
    keys: [
      { name: 'agent', role: 'agent', value: AGENT_KEY },
      { name: 'second', role: 'agent', value: SECOND_KEY },
      { name: 'other', role: 'agent', workspace: 'other', value: OTHER_KEY },
    ],
  });
  const workflow = { steps: [{ id: 'wait', event: 'go' }] };
  const started = await server.send('/v1/workspaces/default/runs', { body: { workflow } });
  const { run_id }: { run_id: string } = JSON.parse(await started.text());
  expect(started.status).toBe(200);
  for (const [key, workspace] of [
    [SECOND_KEY, 'default'],
    [OTHER_KEY, 'other'],
    [OTHER_KEY, 'default'],
  ]) {
    for (const { path, ...request } of ATTEMPTS) {
      const answer = await server.send(`/v1/workspaces/${workspace}/runs/${run_id}${path}`, { ...request, key });
      expect(`${workspace}${path} ${answer.status}`).toBe(`${workspace}${path} 404`);
    }
  }
  const own = await server.send(`/v1/workspaces/default/runs/${run_id}`);
  expect(await own.json()).toMatchObject({ run_id, state: 'running' });
  expect((await server.send(`/v1/workspaces/default/runs/${run_id}/cancel`, { body: {} })).status).toBe(200);
});
