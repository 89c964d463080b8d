import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createHost } from '../create-host.ts';
import type { Host } from '../host.ts';
import type { EnablementState, EnablementStore } from '../host-options.ts';
import { memoryEnablement } from '../state/enablement-keeper.ts';

test('a name survives a restart, whoever comes first the next time', async () => {
  const enablement = memoryEnablement();
  const first = await open(enablement, ['billing.send', 'mail.send']);
  expect(namesOf(first)).toEqual({ 'billing.send': 'send', 'mail.send': 'mail_send' });
  await first.close();
  const second = await open(enablement, ['aaa.send', 'mail.send', 'billing.send']);
  expect(namesOf(second)).toEqual({ 'billing.send': 'send', 'mail.send': 'mail_send', 'aaa.send': 'aaa_send' });
  await second.close();
  // One that is away keeps its name too.
  const third = await open(enablement, ['zzz.send']);
  expect(namesOf(third)).toEqual({ 'zzz.send': 'zzz_send' });
  await third.close();
});

test('names are recorded once for all that a turn brings, and only when there are new ones', async () => {
  const store = countingStore();
  const host = await open(store, ['a.one', 'a.two', 'a.three']);
  expect(store.saved()).toBe(1);
  const remove = host.register({ id: 'a.four', description: '', handler: () => null });
  await nextTurn();
  remove();
  await nextTurn();
  host.register({ id: 'a.four', description: '', handler: () => null });
  await nextTurn();
  expect(store.saved()).toBe(2);
  await host.close();
});

test('a store that cannot be written costs no tool', async () => {
  const errors: string[] = [];
  const log = () => undefined;
  const failing: EnablementStore = {
    load: () => ({ workspaces: {} }),
    save: () => {
      throw new Error('the disk is full');
    },
  };
  const host = await createHost({
    environment: {},
    enablement: failing,
    logger: { debug: log, info: log, warn: log, error: (message) => errors.push(message) },
  });
  host.register({ id: 'a.one', description: '', handler: () => null });
  await nextTurn();
  expect(namesOf(host)).toEqual({ 'a.one': 'one' });
  expect(errors).toEqual(['the names of tools could not be recorded']);
  await host.close();
});

async function open(enablement: EnablementStore, ids: readonly string[]): Promise<Host> {
  const host = await createHost({ environment: {}, enablement });
  for (const id of ids) host.register({ id, description: '', handler: () => null });
  await nextTurn();
  return host;
}

function namesOf(host: Host): Record<string, string> {
  return Object.fromEntries(host.listTools().items.map(({ definition, exposedName }) => [definition.id, exposedName]));
}

function countingStore(): EnablementStore & { saved(): number } {
  let state: EnablementState = { workspaces: {} };
  let count = 0;
  return {
    load: () => state,
    save: (next) => {
      state = next;
      count += 1;
    },
    saved: () => count,
  };
}
