import { afterEach, describe, expect, it } from 'vitest';
import type { Fault } from './faults.ts';
import { type ExampleService, type ExampleServiceOptions, startExampleService } from './start.ts';

const running: ExampleService[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.kill()));
});

async function start(options: ExampleServiceOptions): Promise<ExampleService> {
  const service = await startExampleService(options);
  running.push(service);
  return service;
}

function publish(service: ExampleService, key?: string): Promise<Response> {
  return fetch(`${service.url}/v1/tools/wp.publish_post`, {
    method: 'POST',
    body: JSON.stringify({ title: 't', content: 'c' }),
    headers: {
      authorization: `Bearer ${service.token}`,
      'content-type': 'application/json',
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
  });
}

/** A plan that deals out one outcome after the other, then answers. */
function inOrder(...outcomes: readonly Fault['outcome'][]): (call: { readonly number: number }) => Fault {
  return ({ number }) => ({ latencyMs: 0, outcome: outcomes[number - 1] ?? { kind: 'answer' } });
}

describe('a fault', () => {
  it('of kind status answers an envelope and does nothing', async () => {
    const service = await start({ faults: 'status=503,retry_after=2' });
    const response = await publish(service);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('2');
    expect(await response.json()).toMatchObject({
      success: false,
      error: { code: 'INJECTED_FAULT', retriable: true },
    });
    expect(service.state()).toMatchObject({ effects: {}, faults: { status: 1 } });
  });

  it('of kind reset cuts the connection before, of kind drop after the work', async () => {
    const service = await start({ faults: inOrder({ kind: 'reset' }, { kind: 'drop' }) });
    await expect(publish(service, 'k')).rejects.toThrow('fetch failed');
    expect(service.state().posts).toBe(0);
    await expect(publish(service, 'k')).rejects.toThrow('fetch failed');
    expect(service.state().posts).toBe(1);

    const third = await publish(service, 'k');
    expect(third.headers.get('idempotency-replayed')).toBe('true');
    expect(service.state()).toMatchObject({ posts: 1, replays: 1, faults: { reset: 1, drop: 1 } });
  });

  it('of kind truncate announces the whole answer and sends half of it', async () => {
    const service = await start({ faults: 'truncate=1' });
    const response = await publish(service);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
    expect(service.state().posts).toBe(1);
  });

  it('does not hit the health, the discovery or the state', async () => {
    const service = await start({ faults: 'reset=1' });
    for (const path of ['health', 'tools', 'state']) {
      const headers = { authorization: `Bearer ${service.token}` };
      expect((await fetch(`${service.url}/v1/${path}`, { headers })).status).toBe(200);
    }
  });

  it('comes and goes while the service runs', async () => {
    const service = await start({});
    const statuses: number[] = [];
    for (const faults of [undefined, 'status=500', 'status=429', undefined]) {
      service.setFaults(faults);
      statuses.push((await publish(service)).status);
    }
    expect(statuses).toEqual([200, 500, 429, 200]);
    expect(() => service.setFaults('rest=1')).toThrow("no fault 'rest'");
  });

  it('repeats with its seed', async () => {
    const run = async (faults: string): Promise<string> => {
      const service = await start({ faults });
      const statuses: number[] = [];
      for (let call = 0; call < 20; call += 1) statuses.push((await publish(service)).status);
      return statuses.join(' ');
    };
    const first = await run('status=503:0.5,seed=7');
    expect(await run('status=503:0.5,seed=7')).toBe(first);
    expect(await run('status=503:0.5,seed=8')).not.toBe(first);
  });

  it('takes its numbers from the caller where the caller gives some', async () => {
    const service = await start({ faults: 'status=503:0.5', random: () => 0.4 });
    expect((await publish(service)).status).toBe(503);
  });
});

describe('stopping', () => {
  it('lets a call in flight end, and does not wait for its connection after that', async () => {
    const service = await start({ faults: 'latency=100' });
    const answer = publish(service);
    while (service.state().requests['wp.publish_post'] !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
    await service.close({ graceMs: 1_000_000 });
    const ended = await answer;
    expect([ended.status, ended.headers.get('connection')]).toEqual([200, 'close']);
    await expect(publish(service)).rejects.toThrow('fetch failed');
  });

  it('cuts a call that outlasts the grace, and at once when it is killed', async () => {
    for (const stop of [(it: ExampleService) => it.close({ graceMs: 20 }), (it: ExampleService) => it.kill()]) {
      const service = await start({ faults: 'latency=60000' });
      const refused = expect(publish(service)).rejects.toThrow('fetch failed');
      while (service.state().requests['wp.publish_post'] !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
      await stop(service);
      await refused;
    }
  });

  it('frees the port for the next one', async () => {
    const first = await start({});
    await expect(start({ port: first.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await first.kill();
    expect((await start({ port: first.port })).port).toBe(first.port);
  });
});
