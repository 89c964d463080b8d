import { describe, expect, it } from 'vitest';
import { startClient } from './service-client.test.support.ts';

const TEXT = { channel_id: 'C1', to: 'U1', messages: [{ type: 'text', text: 'hi' }] };

describe('a batch', () => {
  it('has one envelope an item, in order, and goes on after one that fails', async () => {
    const { service, call } = await startClient();
    const { status, json } = await call('line.send_message:batch', {
      items: [TEXT, { ...TEXT, to: 7 }, 'nothing', { ...TEXT, context: { execution_id: 'x' } }],
      context: { tenant_id: 't' },
    });
    expect(status).toBe(200);
    expect(json).toMatchObject({ success: true, timestamp: expect.any(String) });
    expect(json.result.items).toMatchObject([
      { success: true, result: { message_ids: ['msg_1'] }, timestamp: expect.any(String) },
      { success: false, error: { code: 'INVALID_PARAMS', details: { problems: [{ pointer: '/to' }] } } },
      { success: false, error: { code: 'INVALID_BODY' } },
      { success: true, result: { message_ids: ['msg_2'] } },
    ]);
    expect(service.state()).toMatchObject({
      effects: { 'line.send_message': 2 },
      requests: { 'line.send_message:batch': 1 },
    });
  });

  it('with a key does for each item only what is missing', async () => {
    const { service, call } = await startClient();
    const key = { 'idempotency-key': 'k'.repeat(255) };
    const first = await call('line.send_message:batch', { items: [TEXT, TEXT] }, key);
    const again = await call('line.send_message:batch', { items: [TEXT, TEXT, TEXT] }, key);
    expect(first.json.result.items.map((item: { result: unknown }) => item.result)).toMatchObject([
      { message_ids: ['msg_1'] },
      { message_ids: ['msg_2'] },
    ]);
    expect(again.json.result.items.slice(0, 2)).toEqual(first.json.result.items);
    expect(again.json.result.items[2].result.message_ids).toEqual(['msg_3']);
    expect(service.state()).toMatchObject({ messages: 3, replays: 2 });
  });

  it.each([[{}], [{ items: {} }], [{ items: Array.from({ length: 101 }, () => TEXT) }]])(
    'needs a list of at most 100 items (%#)',
    async (body) => {
      const { call } = await startClient();
      const { status, json } = await call('line.send_message:batch', body);
      expect(status).toBe(422);
      expect(json.error.details.problems).toMatchObject([{ pointer: '/items' }]);
    },
  );

  it('is refused with a key that cannot be one, and for a tool that takes none', async () => {
    const { call } = await startClient();
    const badKey = await call('line.send_message:batch', { items: [] }, { 'idempotency-key': 'a b' });
    expect([badKey.status, badKey.json.error.code]).toEqual([400, 'INVALID_IDEMPOTENCY_KEY']);
    const long = await call('line.broadcast:batch', { items: [] });
    expect([long.status, long.json.error.code]).toEqual([404, 'UNKNOWN_TOOL']);
  });

  it('may be hit by a fault as a whole', async () => {
    const { service, call } = await startClient({ faults: 'status=503' });
    expect((await call('line.send_message:batch', { items: [TEXT] })).status).toBe(503);
    expect(service.state().messages).toBe(0);
  });
});
