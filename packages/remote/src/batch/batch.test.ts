import { expect, test } from 'vitest';
import { answer, refusal, scriptedService, success } from '../scripted-service.test.support.ts';
import { callOf, connectionTo, testAdapter } from '../test-adapter.test.support.ts';

const OFFER = { contract: 1, tools: [{ name: 'line.send_message', batch: true }] };
const ITEMS = [{ to: 'U1' }, { to: 'U2' }, { to: 'U3' }];

function batchTo(url: string, items: readonly object[] = ITEMS) {
  const { params: _none, ...call } = callOf(connectionTo(url));
  return { ...call, items: items.map((item) => ({ ...item })) };
}

const bodyOf = (request = ''): unknown => JSON.parse(request.slice(request.indexOf('\r\n\r\n')));

test('where the service takes batches it is one request, with the outcomes in order', async () => {
  const service = await scriptedService();
  service.offer(OFFER);
  const items = [
    { success: true, result: { n: 1 } },
    { success: false, error: { code: 'E', message: 'not U2', retriable: false } },
    'junk',
  ];
  service.play(answer(200, { success: true, result: { items } }));
  const outcomes = await testAdapter().adapter.callBatch(batchTo(service.url));
  expect(outcomes).toMatchObject([
    { ok: true, result: { n: 1 } },
    { ok: false, error: { code: 'CAPSTAN_REMOTE_REFUSED', message: 'not U2', details: { remote_code: 'E' } } },
    { ok: false, error: { code: 'CAPSTAN_REMOTE_INVALID_RESPONSE' } },
  ]);
  expect(service.requests).toHaveLength(1);
  expect(service.requests[0]).toMatch(/^POST \/v1\/tools\/line\.send_message:batch HTTP/);
  expect(bodyOf(service.requests[0])).toMatchObject({ items: ITEMS, context: { workspace_id: 'support' } });
});

test('where it does not, items are single calls with keys of their own; one that fails does not stop the others', async () => {
  const service = await scriptedService();
  service.play((socket) => {
    const to = (bodyOf(service.requests.at(-1)) as { to: string }).to;
    socket.write(to === 'U2' ? refusal(422, { code: 'E', message: 'not U2' }) : success({ to }));
  });
  const outcomes = await testAdapter().adapter.callBatch(batchTo(service.url));
  expect(outcomes).toMatchObject([
    { ok: true, result: { to: 'U1' } },
    { ok: false, error: { code: 'CAPSTAN_REMOTE_REFUSED' } },
    { ok: true, result: { to: 'U3' } },
  ]);
  const keys = service.requests.map((request) => /Idempotency-Key: \S+(:\d)/.exec(request)?.[1]);
  expect(keys.toSorted()).toEqual([':0', ':1', ':2']);
});

test('no more than five are under way at once', async () => {
  const service = await scriptedService();
  let [now, most] = [0, 0];
  service.play((socket) => {
    now += 1;
    most = Math.max(most, now);
    setTimeout(() => {
      now -= 1;
      socket.write(success(1));
    }, 5);
  });
  const items = Array.from({ length: 23 }, (_, index) => ({ to: `U${index}` }));
  const outcomes = await testAdapter().adapter.callBatch(batchTo(service.url, items));
  expect([outcomes.length, most]).toEqual([23, 5]);
});

test('too few outcomes are a failure of the batch as a whole', async () => {
  const service = await scriptedService();
  service.offer(OFFER);
  service.play(answer(200, { success: true, result: { items: [{ success: true, result: 1 }] } }));
  await expect(testAdapter().adapter.callBatch(batchTo(service.url))).rejects.toMatchObject({
    code: 'CAPSTAN_REMOTE_INVALID_RESPONSE',
  });
});

test('a batch of nothing asks nobody', async () => {
  const service = await scriptedService();
  expect(await testAdapter().adapter.callBatch(batchTo(service.url, []))).toEqual([]);
  expect(service.requests).toEqual([]);
});
