import { expect, test } from 'vitest';
import { Refreshing } from './refreshing.ts';

function setUp(answers: readonly (string | Error)[]) {
  const time = { now: 0 };
  let asked = 0;
  const failures: unknown[] = [];
  const value = new Refreshing(
    async () => {
      const answer = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    { clock: { now: () => time.now }, onFailure: (error) => failures.push(error) },
  );
  return { value, time, failures, asked: () => asked };
}

test('it is asked for once, however many wait, and then it is there at once', async () => {
  const { value, asked } = setUp(['a']);
  expect(await Promise.all([value.get(), value.get(), value.get()])).toEqual(['a', 'a', 'a']);
  expect([value.get(), asked()]).toEqual(['a', 1]);
});

test('an old value is used once more while the new one is asked for', async () => {
  const { value, time } = setUp(['a', 'b']);
  await value.get();
  time.now = 30_000;
  expect(value.get()).toBe('a');
  await expect.poll(() => value.get()).toBe('b');
});

test('the last good value stays while nobody answers, and the question is not asked at every use', async () => {
  const { value, time, asked, failures } = setUp(['a', new Error('down')]);
  await value.get();
  time.now = 30_000;
  for (let use = 0; use < 10; use += 1) expect(await value.get()).toBe('a');
  await expect.poll(() => failures.length).toBe(1);
  expect(value.get()).toBe('a');
  expect(asked()).toBe(2);
  time.now += 1_000;
  expect(value.get()).toBe('a');
  expect(asked()).toBe(3);
});

test('without any good value the failure is told, and kept for a moment', async () => {
  const { value, time, asked } = setUp([new Error('down'), 'a']);
  await expect(value.get()).rejects.toThrow('down');
  await expect(value.get()).rejects.toThrow('down');
  expect(asked()).toBe(1);
  time.now = 1_000;
  expect(await value.get()).toBe('a');
});
