import type { ElicitAnswer } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { fakeCaller } from './fake-gateway.test.support.ts';
import type { McpCallAnswer } from './gateway.ts';
import { LiveCall } from './live-call.ts';
import { ParkedCalls } from './parked-calls.ts';

const QUESTION = { message: 'Sure?', requestedSchema: {} };
const UNKNOWN: McpCallAnswer = { kind: 'unknown_tool' };
const claim = { caller: fakeCaller(), method: 'tools/call', name: 'ask', arguments: { a: 1 } };

test('a round ends with the question, and a later one with the answer of the same run', async () => {
  const call = new LiveCall<McpCallAnswer>();
  const answers: ElicitAnswer[] = [];
  call.start(async () => {
    answers.push(await call.ask(QUESTION), await call.ask(QUESTION));
    return UNKNOWN;
  });
  for (const expected of ['question_1', 'question_2']) {
    const round = await call.round({ signal: new AbortController().signal });
    if (round.kind !== 'asks') throw new Error('expected a question');
    expect(round.questions.map((question) => question.key)).toEqual([expected]);
    call.reply(expected, { action: 'accept', content: { n: expected } });
  }
  expect(await call.round({ signal: new AbortController().signal })).toEqual({ kind: 'answered', answer: UNKNOWN });
  expect(answers).toEqual([
    { action: 'accept', content: { n: 'question_1' } },
    { action: 'accept', content: { n: 'question_2' } },
  ]);
});

test('the abort of the listening request aborts the call, the abort of an earlier one does not', async () => {
  const call = new LiveCall<McpCallAnswer>();
  const earlier = new AbortController();
  const later = new AbortController();
  call.start(async () => {
    await call.ask(QUESTION);
    const aborted = new Promise((resolve) => call.signal.addEventListener('abort', resolve, { once: true }));
    if (!call.signal.aborted) await aborted;
    return UNKNOWN;
  });
  await call.round({ signal: earlier.signal });
  earlier.abort();
  expect(call.signal.aborted).toBe(false);
  call.reply('question_1', { action: 'decline' });
  const last = call.round({ signal: later.signal });
  later.abort();
  expect(await last).toEqual({ kind: 'answered', answer: UNKNOWN });
  expect(call.signal.aborted).toBe(true);
});

test('a call that ends by itself cancels what it still asks', async () => {
  const call = new LiveCall<McpCallAnswer>();
  const asked = call.ask(QUESTION);
  call.start(async () => UNKNOWN);
  await call.over;
  expect(await asked).toEqual({ action: 'cancel' });
});

test('a failure of the gateway reaches the round that listens', async () => {
  const call = new LiveCall<McpCallAnswer>();
  call.start(() => Promise.reject(new Error('gateway down')));
  await expect(call.round({ signal: new AbortController().signal })).rejects.toThrow('gateway down');
});

test('a ticket opens its call once, and only for the same caller, tool and arguments', () => {
  const parked = parkedCalls();
  const call = new LiveCall<McpCallAnswer>();
  const ticket = parked.park(call, claim);
  expect(parked.take(ticket, { ...claim, caller: fakeCaller('key:other') })).toBeUndefined();
  expect(parked.take(ticket, { ...claim, caller: fakeCaller('key:agent', 'other') })).toBeUndefined();
  expect(parked.take(ticket, { ...claim, name: 'other' })).toBeUndefined();
  expect(parked.take(ticket, { ...claim, arguments: {} })).toBeUndefined();
  expect(parked.take(ticket, claim)).toBe(call);
  expect(parked.take(ticket, claim)).toBeUndefined();
});

test('a parked call that is over, even before it was parked, leaves nothing behind', async () => {
  const parked = parkedCalls();
  const call = new LiveCall<McpCallAnswer>();
  call.start(async () => UNKNOWN);
  await call.over;
  parked.park(call, claim);
  expect(parked.hasRoomFor(claim.caller)).toBe(false);
  await call.over;
  expect(parked.hasRoomFor(claim.caller)).toBe(true);
});

test('one caller cannot take the places of all', () => {
  const parked = parkedCalls(100);
  for (const name of ['one', 'two']) {
    expect(parked.hasRoomFor(claim.caller)).toBe(true);
    const call = new LiveCall<McpCallAnswer>();
    call.start(() => new Promise(() => undefined));
    parked.park(call, { ...claim, name });
  }
  expect(parked.hasRoomFor(claim.caller)).toBe(false);
  expect(parked.hasRoomFor({ ...claim.caller, principal: { id: 'key:other', roles: [], permissions: [] } })).toBe(true);
});

function parkedCalls(capacity = 1): ParkedCalls<McpCallAnswer> {
  let count = 0;
  return new ParkedCalls<McpCallAnswer>({ capacity, perCaller: 2, newTicket: () => `ticket_${++count}` });
}

test('a question keeps its key, unless an open one has it, and is answered by what came before it', async () => {
  const call = new LiveCall<string>(new Map([['name', { action: 'accept', content: { name: 'Ada' } }]]));
  const ask = (key: string): Promise<unknown> => call.askClient({ method: 'roots/list', params: undefined, key });
  call.start(async () => JSON.stringify([await ask('name'), await Promise.all([ask('name'), ask('name')])]));
  const round = await call.round({ signal: new AbortController().signal });
  if (round.kind !== 'asks') throw new Error('expected questions');
  const keys = round.questions.map(({ key }) => key);
  expect(keys).toEqual(['name', 'question_3']);
  for (const key of keys) call.reply(key, { key });
  const last = await call.round({ signal: new AbortController().signal });
  const early = { action: 'accept', content: { name: 'Ada' } };
  const answer = JSON.stringify([early, [{ key: 'name' }, { key: 'question_3' }]]);
  expect(last).toEqual({ kind: 'answered', answer });
});
