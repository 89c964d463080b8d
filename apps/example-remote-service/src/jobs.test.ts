import { describe, expect, it } from 'vitest';
import { startClient } from './service-client.test.support.ts';

const BROADCAST = { channel_id: 'C1', to: ['U1', 'U2', 'U3'], text: 'hi' };
const MANY = { ...BROADCAST, to: Array.from({ length: 500 }, (_, index) => `U${index}`) };

describe('a job', () => {
  it('is answered at once, shows its progress, and ends with the envelope of its call', async () => {
    const { service, call, request, follow } = await startClient({ stepMs: 30 });
    const started = await call('line.broadcast', BROADCAST);
    expect(started.status).toBe(202);
    expect(started.json).toMatchObject({
      success: true,
      job: { id: 'job_1', status: 'queued', status_url: '../jobs/job_1', poll_after_ms: 30 },
      timestamp: expect.any(String),
    });
    const { status_url } = started.json.job;
    await expect
      .poll(async () => (await request('GET', status_url)).json.job)
      .toMatchObject({
        status: 'running',
        progress: { progress: expect.any(Number), total: 3, message: expect.any(String) },
      });
    const ended = await follow(status_url);
    expect(ended.json).toMatchObject({
      success: true,
      job: { status: 'completed' },
      result: { sent: 3, channel_id: 'C1' },
    });
    expect((await request('GET', status_url)).text).toBe(ended.text);
    expect(service.state()).toMatchObject({ messages: 3, effects: { 'line.broadcast': 1 } });
  });

  it('that fails half-way says so, with what was done', async () => {
    const { call, follow } = await startClient();
    const started = await call('line.broadcast', { ...BROADCAST, to: ['U1', 'U-blocked', 'U3'] });
    const { status, json } = await follow(started.json.job.status_url);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      success: false,
      job: { status: 'failed' },
      error: { code: 'RECIPIENT_BLOCKED', details: { message_ids: ['msg_1'] }, retriable: false },
    });
  });

  it('ends between two steps when it is cancelled, and stays so', async () => {
    const { service, call, request, follow } = await startClient({ stepMs: 60_000 });
    const { status_url } = (await call('line.broadcast', MANY)).json.job;
    await expect.poll(() => service.state().messages).toBe(1);
    const cancelled = await request('DELETE', status_url);
    expect(cancelled.status).toBe(200);
    const ended = await follow(status_url);
    expect(ended.json).toMatchObject({ success: false, job: { status: 'cancelled' }, error: { code: 'CANCELLED' } });
    expect((await request('DELETE', status_url)).text).toBe(ended.text);
    expect(service.state().messages).toBe(1);
  });

  it('ends when it takes too long', async () => {
    const { call, follow } = await startClient({ stepMs: 60_000, jobLimitMs: 20 });
    const { status_url } = (await call('line.broadcast', MANY)).json.job;
    expect((await follow(status_url)).json).toMatchObject({ job: { status: 'timeout' }, error: { code: 'TIMEOUT' } });
  });

  it('is the same for the same key', async () => {
    const { service, call, follow } = await startClient();
    const key = { 'idempotency-key': 'k' };
    const first = await call('line.broadcast', BROADCAST, key);
    await follow(first.json.job.status_url);
    const again = await call('line.broadcast', BROADCAST, key);
    expect([again.status, again.text]).toEqual([202, first.text]);
    expect(service.state().messages).toBe(3);
  });

  it('is for those with the token, and 404 where it is unknown', async () => {
    const { call, request } = await startClient();
    const { status_url } = (await call('line.broadcast', BROADCAST)).json.job;
    for (const method of ['GET', 'DELETE']) {
      expect((await request(method, status_url, undefined, { authorization: 'Bearer wrong' })).status).toBe(401);
      const unknown = await request(method, '../jobs/job_99');
      expect([unknown.status, unknown.json.error.code]).toEqual([404, 'UNKNOWN_JOB']);
    }
  });

  it('does not begin when its parameters do not fit', async () => {
    const { call } = await startClient();
    expect((await call('line.broadcast', { ...BROADCAST, to: [] })).status).toBe(422);
  });
});
