import { describe, expect, it } from 'vitest';
import { startClient } from './service-client.test.support.ts';

const BROADCAST = { channel_id: 'C1', to: ['U1', 'U2', 'U3'], text: 'hi' };
const STREAM = { accept: 'text/event-stream, application/json' };

interface StreamEvent {
  readonly event: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads answers of any shape
  readonly data: any;
}

function eventsOf(text: string): readonly StreamEvent[] {
  return text
    .split('\n\n')
    .filter(Boolean)
    .map((block) => ({
      event: /^event: (.*)$/m.exec(block)?.[1],
      data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? ''),
    }));
}

describe('a stream', () => {
  it('has a progress for each step, then the envelope of the call', async () => {
    const { call } = await startClient();
    const { status, headers, text } = await call('line.broadcast', BROADCAST, STREAM);
    expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(eventsOf(text)).toMatchObject([
      { event: 'progress', data: { progress: 1, total: 3, message: 'sent to U1' } },
      { event: 'progress', data: { progress: 2 } },
      { event: 'progress', data: { progress: 3 } },
      { event: 'result', data: { success: true, result: { sent: 3 }, timestamp: expect.any(String) } },
    ]);
  });

  it('ends with an error where the work fails', async () => {
    const { call } = await startClient();
    const { text } = await call('line.broadcast', { ...BROADCAST, to: ['U1', 'U-blocked'] }, STREAM);
    expect(eventsOf(text).at(-1)).toMatchObject({
      event: 'error',
      data: { success: false, error: { code: 'RECIPIENT_BLOCKED' } },
    });
  });

  it('is left out where a tool answers at once, or the call is refused', async () => {
    const { call } = await startClient();
    expect((await call('wp.list_posts', {}, STREAM)).json).toMatchObject({ success: true });
    expect((await call('line.broadcast', {}, STREAM)).json).toMatchObject({ error: { code: 'INVALID_PARAMS' } });
  });

  it('that nobody reads any more ends the work, and spends its key', async () => {
    const { service, call } = await startClient({ stepMs: 20 });
    const controller = new AbortController();
    const many = { ...BROADCAST, to: Array.from({ length: 500 }, (_, index) => `U${index}`) };
    const response = await fetch(`${service.url}/v1/tools/line.broadcast`, {
      method: 'POST',
      body: JSON.stringify(many),
      headers: { ...STREAM, authorization: 'Bearer right', 'content-type': 'application/json', 'idempotency-key': 'k' },
      signal: controller.signal,
    });
    await response.body?.getReader().read();
    const busy = await call('line.broadcast', many, { ...STREAM, 'idempotency-key': 'k' });
    expect([busy.status, busy.json.error]).toMatchObject([409, { code: 'IN_PROGRESS', retriable: true }]);
    controller.abort();
    const repeat = async () =>
      (await call('line.broadcast', many, { ...STREAM, 'idempotency-key': 'k' })).json.error.code;
    await expect.poll(repeat).toBe('CANCELLED');
    const { messages } = service.state();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(service.state().messages).toBe(messages);
  });

  it('gives its result once more for its key, without doing the work again', async () => {
    const { service, call } = await startClient();
    const headers = { ...STREAM, 'idempotency-key': 'k' };
    const first = eventsOf((await call('line.broadcast', BROADCAST, headers)).text).at(-1);
    const again = await call('line.broadcast', BROADCAST, headers);
    expect(again.json).toEqual(first?.data);
    expect(service.state()).toMatchObject({ messages: 3, replays: 1 });
  });

  it('is cut before its end by the faults that cut', async () => {
    const { service, call } = await startClient({ faults: 'drop=1' });
    await expect(call('line.broadcast', BROADCAST, STREAM)).rejects.toThrow('terminated');
    expect(service.state().messages).toBe(3);
  });
});
