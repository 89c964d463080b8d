import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Replica, startTopology, type Topology } from './replicas.test.support.ts';

let topology: Topology;

beforeAll(async () => {
  topology = await startTopology();
});

afterAll(() => topology.close());

/** Starts runs on whatever hosts live; one that a death swallowed is started again under its key. */
async function startRuns(replicas: readonly Replica[], name: string, count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      for (let attempt = n; ; attempt += 1) {
        const replica = replicas[attempt % replicas.length];
        if ((await replica?.start({ tool: 'chain', key: `${name} ${n}`, n })) !== undefined) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }),
  );
}

test('three hosts, two of them killed with 500 runs in flight: every run ends, every effect happens once', async () => {
  const runs = 500;
  const replicas = await Promise.all([topology.replica(), topology.replica(), topology.replica()]);
  await startRuns(replicas, 'killed', runs);
  const inFlight = (await topology.states()).PENDING ?? 0;
  const [first, second] = replicas;
  await first?.kill();
  const killedAt = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 400));
  await second?.kill();
  await topology.untilAllEnded(runs);
  const recoveryMs = Math.round(performance.now() - killedAt);
  console.log(`${inFlight} runs were in flight at the first kill; all ${runs} ended ${recoveryMs} ms after it`);
  expect(await topology.states()).toEqual({ SUCCESS: runs });
  expect(topology.service.state().effects).toEqual({ 'wp.publish_post': runs * 4 });
  expect(inFlight).toBeGreaterThan(runs / 2);
});

test('the database is restarted in the middle: runs go on, and no effect is lost or done twice', async () => {
  const runs = 40;
  const before = topology.service.state().effects['wp.publish_post'] ?? 0;
  const replicas = await Promise.all([topology.replica(), topology.replica()]);
  const ended = (await topology.states()).SUCCESS ?? 0;
  await startRuns(replicas, 'restarted', runs);
  process.kill(topology.postgres.pid, 'SIGINT');
  await topology.untilAllEnded(ended + runs);
  expect(await topology.states()).toEqual({ SUCCESS: ended + runs });
  expect(topology.service.state().effects).toEqual({ 'wp.publish_post': before + runs * 4 });
});
