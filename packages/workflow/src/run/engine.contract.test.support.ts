import { CapstanError } from '@capstan/sdk';
import { expect, test } from 'vitest';
import type { RunPlace, WorkflowEngine } from '../engine.ts';
import { runToEnd, startOf, type TestTool, TestTools } from './run-kit.test.support.ts';
import type { RunView } from './run-view.ts';

/** An engine under test: opened with these tools. */
export type OpenEngine = (tools: TestTools) => Promise<WorkflowEngine>;

const echo: TestTool = (input) => input;
const fails: TestTool = () => {
  throw new Error('no');
};
const broken: TestTool = () => {
  throw new CapstanError('CAPSTAN_REMOTE_REFUSED', 'refused');
};

/** What every engine does, whatever it runs on. */
export function describeEngine(open: OpenEngine): void {
  const until = async (engine: WorkflowEngine, place: RunPlace, done: (view: RunView) => boolean): Promise<RunView> => {
    const { promise, resolve, reject } = Promise.withResolvers<RunView>();
    const look = (): void => {
      engine.find(place).then((view) => view !== undefined && done(view) && resolve(view), reject);
    };
    const stop = engine.watch(place, look);
    look();
    return promise.finally(stop);
  };
  const stateOf = (view: RunView, id: string) => view.steps.find((step) => step.id === id);

  test('steps run when what they depend on is over; what they give is at hand', async () => {
    const tools = new TestTools({ echo, list: () => [1, 2] });
    const engine = await open(tools);
    const result = await runToEnd(
      engine,
      `
steps:
  - { id: last, tool: echo, input: { sum: "\${{ steps.a.result.x + steps.b.result[1] }}", by: "\${{ run.principal }}" } }
  - { id: a, tool: echo, input: { x: "\${{ inputs.n }}" } }
  - { id: b, tool: list }
output: "\${{ steps.last.result }}"
`,
      { n: 40 },
    );
    expect(result).toEqual({ state: 'succeeded', output: { sum: 42, by: 'user:ann' } });
    expect(tools.names.toSorted()).toEqual(['echo', 'echo', 'list']);
  });

  test('a false condition skips a step, and those after it see null', async () => {
    const engine = await open(new TestTools({ echo }));
    const result = await runToEnd(
      engine,
      `
steps:
  - { id: a, tool: echo, when: "1 == 2" }
  - { id: b, tool: echo, input: { was: "\${{ steps.a.status }}", got: "\${{ steps.a.result }}" } }
`,
    );
    expect(result).toEqual({ state: 'succeeded', output: { a: null, b: { was: 'skipped', got: null } } });
  });

  test('a condition without a value fails the step, and never counts as true', async () => {
    const tools = new TestTools({ echo });
    const engine = await open(tools);
    const result = await runToEnd(engine, 'steps: [{ id: a, tool: echo, when: inputs.absent.deep == 1 }]');
    expect(result).toMatchObject({ state: 'failed', step: 'a', error: { code: 'CAPSTAN_WORKFLOW_EXPRESSION' } });
    expect(tools.names).toEqual([]);
  });

  test('on_error: skip, continue and fallback go on; fail does not', async () => {
    const tools = new TestTools({ echo, fails, broken });
    const engine = await open(tools);
    const steps = `
  - { id: skipped, tool: broken, on_error: skip }
  - { id: continued, tool: broken, on_error: continue }
  - { id: replaced, tool: fails, fallback: echo, input: { x: 1 } }
  - id: seen
    tool: echo
    input: { a: "\${{ steps.skipped.status }}", b: "\${{ steps.continued.error.code }}", c: "\${{ steps.replaced.result.x }}" }
`;
    expect(await runToEnd(engine, `steps:${steps}output: "\${{ steps.seen.result }}"`)).toEqual({
      state: 'succeeded',
      output: { a: 'skipped', b: 'CAPSTAN_REMOTE_REFUSED', c: 1 },
    });
    const failed = await runToEnd(engine, 'steps: [{ id: a, tool: broken }, { id: b, tool: echo, depends_on: [a] }]');
    expect(failed).toMatchObject({ state: 'failed', step: 'a', error: { code: 'CAPSTAN_REMOTE_REFUSED' } });
  });

  test('a failed call is made again with the same key, as often as the step says', async () => {
    let left = 2;
    const tools = new TestTools({
      flaky: () => {
        if (left > 0) {
          left -= 1;
          throw new Error('not yet');
        }
        return 'there';
      },
    });
    const engine = await open(tools);
    const retry = 'retry: { max_retries: 2, base_ms: 1, max_ms: 2 }';
    expect(await runToEnd(engine, `steps: [{ id: a, tool: flaky, ${retry} }]`)).toMatchObject({
      output: { a: 'there' },
    });
    expect(tools.calls.map(({ key }) => key)).toEqual(['a', 'a', 'a']);
  });

  test('for_each runs its items side by side within its bound, and gives results in order', async () => {
    const tools = new TestTools({
      later: async ({ n }) => {
        await new Promise((resolve) => setTimeout(resolve, 5 - Number(n)));
        return Number(n) * 2;
      },
    });
    const engine = await open(tools);
    const result = await runToEnd(
      engine,
      `
steps:
  - { id: a, tool: later, for_each: { items: inputs.list, max_parallel: 2 }, input: { n: "\${{ item }}", at: "\${{ index }}" } }
`,
      { list: [1, 2, 3, 4, 5] },
    );
    expect(result).toEqual({ state: 'succeeded', output: { a: [2, 4, 6, 8, 10] } });
    expect(tools.mostAtOnce).toBe(2);
    expect(tools.calls.map(({ key }) => key)).toEqual(['a:0', 'a:1', 'a:2', 'a:3', 'a:4']);
  });

  test('an item that fails leaves a hole where the step says continue, else it fails the step', async () => {
    const tools = new TestTools({ odd: ({ n }) => (n === 2 ? Promise.reject(new Error('two')) : (n ?? null)) });
    const engine = await open(tools);
    const step = '{ id: a, tool: odd, for_each: inputs.list, input: { n: "${{ item }}" }';
    const list = [1, 2, 3];
    expect(await runToEnd(engine, `steps: [${step}, on_error: continue }]`, { list })).toMatchObject({
      output: { a: [1, null, 3] },
    });
    expect(await runToEnd(engine, `steps: [${step} }]`, { list })).toMatchObject({ state: 'failed', step: 'a' });
  });

  test('at most max_parallel calls of a run are under way', async () => {
    const tools = new TestTools({ slow: () => new Promise((resolve) => setTimeout(resolve, 5, null)) });
    const engine = await open(tools);
    const steps = Array.from({ length: 9 }, (_, n) => `{ id: s${n}, tool: slow }`).join(', ');
    await runToEnd(engine, `{ max_parallel: 3, steps: [${steps}] }`);
    expect(tools.mostAtOnce).toBe(3);
  });

  test('when a run fails, what succeeded is undone, the last first; what runs beside the failure ends first', async () => {
    const tools = new TestTools({
      do: ({ ms }) => new Promise((resolve) => setTimeout(resolve, Number(ms), { id: ms ?? null })),
      undo: echo,
      broken,
    });
    const engine = await open(tools);
    const result = await runToEnd(
      engine,
      `
steps:
  - { id: a, tool: do, input: { ms: 1 }, compensate: { tool: undo, input: { id: "\${{ steps.a.result.id }}" } } }
  - { id: b, tool: do, input: { ms: 2 }, depends_on: [a], compensate: { tool: undo, input: { id: "\${{ steps.b.result.id }}" } } }
  - { id: beside, tool: do, input: { ms: 30 }, depends_on: [b], compensate: { tool: undo, input: { id: 30 } } }
  - { id: fails, tool: broken, depends_on: [b] }
  - { id: never, tool: do, depends_on: [fails] }
`,
    );
    expect(result).toMatchObject({
      state: 'failed',
      step: 'fails',
      compensations: [{ step: 'beside' }, { step: 'b' }, { step: 'a' }],
    });
    expect(tools.calls.filter(({ tool }) => tool === 'undo').map(({ input }) => input.id)).toEqual([30, 2, 1]);
  });

  test('cancellation reaches calls under way, starts nothing more, and undoes what was done', async () => {
    const seen = Promise.withResolvers<void>();
    const tools = new TestTools({
      echo,
      hangs: (_input, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new CapstanError('CAPSTAN_CANCELLED', 'told to')));
          seen.resolve();
        }),
    });
    const engine = await open(tools);
    const steps =
      '[{ id: a, tool: echo, compensate: { tool: echo } }, { id: b, tool: hangs, depends_on: [a] }, { id: c, tool: echo, depends_on: [b] }]';
    const runId = await engine.start(startOf(`steps: ${steps}`));
    const place = { workspace: 'default', runId };
    await seen.promise;
    await engine.cancel(place);
    expect(await engine.result(place)).toMatchObject({ state: 'cancelled', compensations: [{ step: 'a' }] });
    const view = await engine.find(place);
    expect(view?.steps.map(({ state }) => state)).toEqual(['succeeded', 'cancelled', 'not_started']);
    await expect(engine.cancel(place)).rejects.toMatchObject({ code: 'CAPSTAN_CONFLICT' });
  });

  test('a run that takes too long fails, and its calls are ended', async () => {
    const tools = new TestTools({
      hangs: (_input, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('ended')))),
    });
    const engine = await open(tools);
    expect(
      await runToEnd(
        engine,
        '{ timeout_ms: 30, steps: [{ id: a, tool: hangs }, { id: b, tool: hangs, depends_on: [a] }] }',
      ),
    ).toMatchObject({
      state: 'failed',
      error: { code: 'CAPSTAN_DEADLINE_EXCEEDED', message: 'the run was not over after 30 ms' },
    });
  });

  test('a step waits for an approval and for an event; both may come before it waits', async () => {
    const tools = new TestTools({ echo });
    const engine = await open(tools);
    const text = `
steps:
  - { id: pay, tool: echo, input: { n: 1 }, approval: "Pay \${{ inputs.sum }}?" }
  - { id: parcel, event: handed_over, depends_on: [pay] }
  - { id: rest, delay_ms: 1, depends_on: [parcel] }
output: "\${{ steps.parcel.result }}"
`;
    const runId = await engine.start(startOf(text, { sum: 5 }));
    const place = { workspace: 'default', runId };
    const waiting = await until(engine, place, (view) => stateOf(view, 'pay')?.state === 'waiting');
    expect(stateOf(waiting, 'pay')?.wait).toMatchObject({ kind: 'approval', question: 'Pay 5?' });
    expect(tools.names).toEqual([]);
    await engine.send(place, 'handed_over', { to: 'Bob' });
    await engine.approve(place, 'pay', { approved: true, by: 'user:op' });
    expect(await engine.result(place)).toEqual({ state: 'succeeded', output: { to: 'Bob' } });
  });

  test('what is not approved is not done, and a wait has an end', async () => {
    const tools = new TestTools({ echo });
    const engine = await open(tools);
    const runId = await engine.start(startOf('steps: [{ id: a, tool: echo, approval: true }]'));
    const place = { workspace: 'default', runId };
    await engine.approve(place, 'a', { approved: false, by: 'user:op' });
    expect(await engine.result(place)).toMatchObject({
      state: 'failed',
      error: { code: 'CAPSTAN_DENIED', message: "the step 'a' was not approved by user:op" },
    });
    expect(tools.names).toEqual([]);
    expect(await runToEnd(engine, 'steps: [{ id: a, event: never, timeout_ms: 5 }]')).toMatchObject({
      error: { code: 'CAPSTAN_DEADLINE_EXCEEDED' },
    });
  });

  test('a run that failed goes on with the same keys and keeps what succeeded', async () => {
    let isBroken = true;
    const tools = new TestTools({ echo, mended: () => (isBroken ? Promise.reject(new Error('down')) : 'up') });
    const engine = await open(tools);
    const runId = await engine.start(
      startOf('steps: [{ id: a, tool: echo }, { id: b, tool: mended, depends_on: [a] }]'),
    );
    const place = { workspace: 'default', runId };
    expect(await engine.result(place)).toMatchObject({ state: 'failed', step: 'b' });
    isBroken = false;
    await engine.resume(place);
    expect(await engine.result(place)).toMatchObject({ state: 'succeeded', output: { b: 'up' } });
    expect(tools.calls.map(({ key }) => key)).toEqual(['a', 'b', 'b']);
    expect(await engine.find(place)).toMatchObject({ attempt: 2, state: 'succeeded' });
    await expect(engine.resume(place)).rejects.toMatchObject({ code: 'CAPSTAN_CONFLICT' });
  });

  test('a fork does a step and those after it again, in a run of its own', async () => {
    const tools = new TestTools({ echo, count: () => tools.names.filter((name) => name === 'count').length });
    const engine = await open(tools);
    const steps = '[{ id: a, tool: count }, { id: b, tool: count, depends_on: [a] }, { id: c, tool: echo }]';
    const runId = await engine.start(startOf(`steps: ${steps}`));
    await engine.result({ workspace: 'default', runId });
    const forked = await engine.fork({ workspace: 'default', runId }, 'b');
    expect(await engine.result({ workspace: 'default', runId: forked })).toMatchObject({ output: { a: 1, b: 3 } });
    expect(tools.names.toSorted()).toEqual(['count', 'count', 'count', 'echo']);
    await expect(engine.fork({ workspace: 'default', runId }, 'x')).rejects.toMatchObject({
      code: 'CAPSTAN_NOT_FOUND',
    });
  });

  test('starting with one key twice starts one run', async () => {
    const tools = new TestTools({ echo });
    const engine = await open(tools);
    const request = {
      ...startOf('steps: [{ id: a, tool: echo }]'),
      idempotencyKey: `once ${process.pid} ${Date.now()}`,
    };
    const first = await engine.start(request);
    expect(await engine.start(request)).toBe(first);
    await engine.result({ workspace: 'default', runId: first });
    expect(await engine.start(request)).toBe(first);
    expect(tools.names).toEqual(['echo']);
  });

  test('runs are listed, the newest first, and belong to their workspace', async () => {
    const engine = await open(new TestTools({ echo }));
    const request = { ...startOf('steps: [{ id: a, tool: echo }]'), workspace: 'listed', tool: 'pack.flow' };
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const runId = await engine.start(request);
      await engine.result({ workspace: 'listed', runId });
      ids.push(runId);
    }
    const first = await engine.list({ workspace: 'listed', limit: 2 });
    expect(first.items.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    expect(first.items[0]).toMatchObject({ state: 'succeeded', tool: 'pack.flow', principalId: 'user:ann' });
    const cursor = first.nextCursor ?? '';
    expect((await engine.list({ workspace: 'listed', limit: 2, cursor })).items.map(({ id }) => id)).toEqual([ids[0]]);
    expect((await engine.list({ workspace: 'listed', state: 'failed' })).items).toEqual([]);
    expect(await engine.find({ workspace: 'other', runId: ids[0] ?? '' })).toBeUndefined();
  });
}
