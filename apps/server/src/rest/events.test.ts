import { expect, test } from 'vitest';
import { serverUnderTest, tool, untilCancelled } from '../running-server.test.support.ts';

const BASE = '/v1/workspaces/default';
const EVENTS = { accept: 'text/event-stream' };

test('a stream has the progress, then the result', async () => {
  const steps = tool('app.steps', (_input, context) => {
    context.progress({ progress: 1, total: 2, message: 'half' });
    context.progress({ progress: 2, total: 2 });
    return { done: true };
  });
  const server = await serverUnderTest({ tools: [steps] });
  const response = await server.send(`${BASE}/tools/steps/invoke`, { method: 'POST', headers: EVENTS });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  expect(await eventsOf(response)).toEqual([
    { event: 'progress', data: { progress: 1, total: 2, message: 'half' } },
    { event: 'progress', data: { progress: 2, total: 2 } },
    { event: 'result', data: { execution_id: expect.any(String), status: 'succeeded', result: { done: true } } },
  ]);
});

test('a failure is a result, too', async () => {
  const server = await serverUnderTest();
  const response = await server.send(`${BASE}/invoke`, { body: { name: 'nope' }, headers: EVENTS });
  expect(await eventsOf(response)).toMatchObject([
    { event: 'result', data: { status: 'failed', error: { code: 'CAPSTAN_TOOL_NOT_FOUND' } } },
  ]);
});

test('a request that never becomes a call is answered without a stream', async () => {
  const server = await serverUnderTest();
  const response = await server.send(`${BASE}/invoke`, { body: {}, headers: EVENTS });
  expect(response.status).toBe(400);
  expect(response.headers.get('content-type')).toContain('application/json');
});

test('the steps of several calls say whose they are', async () => {
  const step = tool('app.step', (_input, context) => {
    context.progress({ progress: 1 });
    return null;
  });
  const server = await serverUnderTest({ tools: [step] });
  const body = { calls: [{ name: 'step' }, { name: 'step' }], max_workers: 1 };
  const events = await eventsOf(await server.send(`${BASE}/invoke`, { body, headers: EVENTS }));
  expect(events.slice(0, 2)).toEqual([0, 1].map((index) => ({ event: 'progress', data: { progress: 1, index } })));
  expect(events[2]).toMatchObject({
    event: 'result',
    data: { items: [{ status: 'succeeded' }, { status: 'succeeded' }] },
  });
});

test.each([{ accept: 'application/json' }, EVENTS])(
  'a client that goes away cancels its call ($accept)',
  async (headers) => {
    const started = Promise.withResolvers<AbortSignal>();
    const long = tool('app.long', (_input, { signal }) => {
      started.resolve(signal);
      return untilCancelled(signal);
    });
    const server = await serverUnderTest({ tools: [long] });
    const finished = new Promise((resolve) => server.host.on('invocation:finished', resolve));
    const leave = new AbortController();
    const calling = server.send(`${BASE}/tools/long/invoke`, { method: 'POST', headers, signal: leave.signal });
    const signal = await started.promise;
    const left = calling.then((response) => response.text());
    leave.abort();
    await expect(left).rejects.toThrow();
    expect(await finished).toMatchObject({ status: 'failed', code: 'CAPSTAN_CANCELLED' });
    expect(signal.aborted).toBe(true);
  },
);

async function eventsOf(response: Response): Promise<readonly { event: string; data: unknown }[]> {
  const blocks = (await response.text()).split('\n\n').filter((block) => block.startsWith('event: '));
  return blocks.map((block) => {
    const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
    return { event, data: JSON.parse(data) };
  });
}
