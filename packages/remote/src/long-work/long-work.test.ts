import type { ToolProgress } from '@capstan/sdk';
import { describe, expect, test } from 'vitest';
import { answer, refusal, scriptedService, success } from '../scripted-service.test.support.ts';
import { callOf, connectionTo, errorOf, START_MS, testAdapter } from '../test-adapter.test.support.ts';

const STATUS = '../jobs/j1';
const accepted = (job: object = {}): string =>
  answer(202, { success: true, job: { id: 'j1', status: 'queued', status_url: STATUS, ...job } });
const state = (status: string, rest: object = {}): string =>
  answer(200, { success: true, job: { id: 'j1', status, ...rest } });
const ended = (status: string, rest: object): string => answer(200, { job: { id: 'j1', status }, ...rest });
const firstLine = (request: string): string => request.slice(0, request.indexOf('\r\n'));

describe('a job', () => {
  test('is asked after until it ends, at the pace of the service, with the token', async () => {
    const service = await scriptedService();
    service.play(
      accepted({ poll_after_ms: 700 }),
      state('running', { poll_after_ms: 900, progress: { progress: 3, total: 10, message: 'three' } }),
      ended('completed', { success: true, result: { sent: 10 } }),
    );
    const { adapter, pauses } = testAdapter();
    const steps: ToolProgress[] = [];
    const connection = connectionTo(`${service.url}/base`, { config: { api_token: 'token-of-jobs' } });
    const result = await adapter.call(callOf(connection, { context: { progress: (step) => steps.push(step) } }));
    expect(result).toEqual({ sent: 10 });
    expect(pauses).toEqual([700, 900]);
    expect(steps).toEqual([{ progress: 3, total: 10, message: 'three' }]);
    expect(service.requests.map(firstLine)).toEqual([
      'POST /base/v1/tools/line.send_message HTTP/1.1',
      'GET /base/v1/jobs/j1 HTTP/1.1',
      'GET /base/v1/jobs/j1 HTTP/1.1',
    ]);
    for (const request of service.requests) expect(request).toContain('Authorization: Bearer token-of-jobs');
  });

  test('of a service that names no pace is asked after less and less often', async () => {
    const service = await scriptedService();
    service.play(
      accepted(),
      ...Array.from({ length: 4 }, () => state('running')),
      ended('completed', { success: true, result: 1 }),
    );
    const { adapter, pauses } = testAdapter();
    expect(await adapter.call(callOf(connectionTo(service.url)))).toBe(1);
    expect(pauses).toEqual([500, 750, 1_125, 1_687.5, 2_531.25]);
  });

  test.each([
    ['failed', { success: false, error: { code: 'E', message: 'because' } }, 'CAPSTAN_REMOTE_REFUSED', 'because'],
    ['failed', {}, 'CAPSTAN_REMOTE_REFUSED', 'does not say why'],
    ['cancelled', {}, 'CAPSTAN_REMOTE_REFUSED', 'cancelled'],
    ['timeout', {}, 'CAPSTAN_REMOTE_TIMEOUT', 'too long'],
  ])('that ends as %s is a typed error, and is not cancelled', async (status, rest, code, words) => {
    const service = await scriptedService();
    service.play(accepted(), ended(status, rest));
    const error = await errorOf(testAdapter().adapter.call(callOf(connectionTo(service.url))));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(words)]);
    expect(service.requests).toHaveLength(2);
  });

  test('that is unknown to the service is a typed error', async () => {
    const service = await scriptedService();
    service.play(accepted(), refusal(404, { code: 'JOB', message: 'no such job' }));
    const error = await errorOf(testAdapter().adapter.call(callOf(connectionTo(service.url))));
    expect(error.code).toBe('CAPSTAN_REMOTE_NOT_FOUND');
  });

  test('survives questions that fail, and no more than five in a row', async () => {
    const service = await scriptedService();
    const broken = [answer(503, 'x'), answer(500, 'x'), (socket: { end(): void }) => socket.end()];
    service.play(accepted(), ...broken, state('running'), ...broken, ended('completed', { success: true, result: 1 }));
    const { adapter } = testAdapter();
    expect(await adapter.call(callOf(connectionTo(service.url)))).toBe(1);
    service.play(accepted(), answer(503, 'x'));
    const error = await errorOf(adapter.call(callOf(connectionTo(service.url))));
    expect(error.code).toBe('CAPSTAN_REMOTE_UNAVAILABLE');
    await expect.poll(() => service.requests.at(-1)).toMatch(/^DELETE /);
  });

  test('of a call that is cancelled is cancelled at the service, once', async () => {
    const service = await scriptedService();
    const controller = new AbortController();
    service.play(accepted(), () => controller.abort(), state('cancelled'));
    const { adapter } = testAdapter();
    const call = callOf(connectionTo(service.url), { context: { signal: controller.signal } });
    expect((await errorOf(adapter.call(call))).code).toBe('CAPSTAN_CANCELLED');
    await adapter.close();
    expect(service.requests.map((request) => request.split(' ', 1)[0])).toEqual(['POST', 'GET', 'DELETE']);
  });

  test('that outlives the deadline is cancelled at the service', async () => {
    const service = await scriptedService();
    service.play(accepted(), state('running'));
    const { adapter } = testAdapter();
    const call = callOf(connectionTo(service.url), { context: { deadline: START_MS + 2_000 } });
    expect((await errorOf(adapter.call(call))).code).toBe('CAPSTAN_DEADLINE_EXCEEDED');
    await adapter.close();
    expect(service.requests.at(-1)).toMatch(/^DELETE \/v1\/jobs\/j1 /);
  });

  test.each(['http://other.example/jobs/1', '//other.example/jobs/1', '/elsewhere/jobs/1', '../../../jobs/1'])(
    'at %s is refused: the token would go there',
    async (statusUrl) => {
      const service = await scriptedService();
      service.play(accepted({ status_url: statusUrl }));
      const error = await errorOf(testAdapter().adapter.call(callOf(connectionTo(`${service.url}/base`))));
      expect(error.code).toBe('CAPSTAN_REMOTE_INVALID_RESPONSE');
      expect(service.requests).toHaveLength(1);
    },
  );
});

const EVENTS = 'HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const event = (name: string, data: unknown): string => chunk(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);

describe('a stream', () => {
  const watched = (steps: ToolProgress[], context: object = {}) => ({
    context: { wantsProgress: true, progress: (step: ToolProgress) => void steps.push(step), ...context },
  });

  test('is asked for only where somebody watches, and tells progress and result', async () => {
    const service = await scriptedService();
    const { adapter, http } = testAdapter();
    await adapter.call(callOf(connectionTo(service.url)));
    expect(service.requests[0]).not.toMatch(/^accept:/im);
    service.play(
      EVENTS +
        event('progress', { progress: 1, total: 2 }) +
        event('other', 'x') +
        chunk(': comment\n\n') +
        event('progress', { progress: 2, total: 2 }) +
        event('result', { success: true, result: { sent: 2 } }),
    );
    const steps: ToolProgress[] = [];
    expect(await adapter.call(callOf(connectionTo(service.url), watched(steps)))).toEqual({ sent: 2 });
    expect(steps).toEqual([
      { progress: 1, total: 2 },
      { progress: 2, total: 2 },
    ]);
    expect(service.requests[1]).toContain('Accept: text/event-stream, application/json');
    await expect.poll(() => http.openSockets()).toBeLessThanOrEqual(1);
  });

  test('that ends in an error is a typed error', async () => {
    const service = await scriptedService();
    service.play(EVENTS + event('error', { success: false, error: { code: 'E', message: 'because' } }));
    const error = await errorOf(testAdapter().adapter.call(callOf(connectionTo(service.url), watched([]))));
    expect([error.code, error.details.remote_code]).toEqual(['CAPSTAN_REMOTE_REFUSED', 'E']);
  });

  test('is no must: a service that does not stream answers a watcher as ever, and repetitions are the same', async () => {
    const service = await scriptedService();
    service.play(answer(503, 'x'), success(1));
    expect(await testAdapter().adapter.call(callOf(connectionTo(service.url), watched([])))).toBe(1);
    service.play(refusal(422, { code: 'E', message: 'no' }));
    expect((await errorOf(testAdapter().adapter.call(callOf(connectionTo(service.url), watched([]))))).code).toBe(
      'CAPSTAN_REMOTE_REFUSED',
    );
  });

  test.each([
    ['breaks off', (socket: { end(text: string): void }) => socket.end(EVENTS), 'CAPSTAN_REMOTE_INVALID_RESPONSE'],
    ['ends without a result', `${EVENTS}0\r\n\r\n`, 'CAPSTAN_REMOTE_INVALID_RESPONSE'],
    ['falls silent', EVENTS, 'CAPSTAN_REMOTE_TIMEOUT'],
    ['never begins', () => undefined, 'CAPSTAN_REMOTE_TIMEOUT'],
    ['is too long', `${EVENTS}${chunk(`data: ${'x'.repeat(11 * 1024 * 1024)}`)}`, 'CAPSTAN_REMOTE_TOO_LARGE'],
    ['has a result that is no envelope', EVENTS + event('result', [1]), 'CAPSTAN_REMOTE_INVALID_RESPONSE'],
  ])('that %s is a typed error', async (_what, reaction, code) => {
    const service = await scriptedService();
    service.play(reaction);
    const { adapter, http } = testAdapter();
    const policy = { timeoutMs: 500, retry: { maxRetries: 0, baseMs: 1, maxMs: 1 } };
    const error = await errorOf(adapter.call(callOf(connectionTo(service.url), { ...watched([]), policy })));
    expect(error.code).toBe(code);
    // One that was read to its end may be used again.
    await expect.poll(() => http.openSockets()).toBeLessThanOrEqual(1);
  });

  test('is dropped when the caller gives up', async () => {
    const service = await scriptedService();
    service.play(EVENTS + event('progress', { progress: 1 }));
    const controller = new AbortController();
    const { adapter, http } = testAdapter();
    const progress = (): void => controller.abort();
    const call = callOf(connectionTo(service.url), watched([], { signal: controller.signal, progress }));
    expect((await errorOf(adapter.call(call))).code).toBe('CAPSTAN_CANCELLED');
    await expect.poll(() => http.openSockets()).toBe(0);
  });

  test('whose watcher fails goes on', async () => {
    const service = await scriptedService();
    service.play(EVENTS + event('progress', { progress: 1 }) + event('result', { success: true, result: 1 }));
    const progress = (): never => {
      throw new Error('the watcher is gone');
    };
    expect(await testAdapter().adapter.call(callOf(connectionTo(service.url), watched([], { progress })))).toBe(1);
  });
});
