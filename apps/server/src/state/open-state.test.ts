import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@capstan/store/embedded';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openState, type ServerState, type StateOptions } from './open-state.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const newKey = () => randomBytes(32).toString('base64');
const place = { workspace: 'support', name: 'token' } as const;

let database: EmbeddedPostgres;
let home: string;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'capstan-state-'));
  chmodSync(home, 0o711);
  database = await startEmbeddedPostgres({ folder: home });
});
afterAll(async () => {
  await database.stop();
  rmSync(home, { recursive: true, force: true });
});

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-state-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function open(options: Partial<StateOptions>): Promise<ServerState> {
  const state = await openState({
    folder: dataFolder(),
    databaseUrl: database.url,
    logger,
    warn: () => {},
    ...options,
  });
  onTestFinished(() => state.close());
  return state;
}

/** The tests share a database, and each has keys of its own. */
async function forgetSecrets({ store }: ServerState): Promise<void> {
  await store.change(async (writer) => {
    for (const { id } of await writer.dataKeys.list()) await writer.dataKeys.remove({ id });
    for (const { workspace, name } of await writer.secrets.list()) {
      await writer.secrets.remove(workspace === undefined ? { name } : { workspace, name });
    }
  });
}

test('replicas that share a database share sessions and secrets, and change their master key one after the other', async () => {
  const [old, next] = [newKey(), newKey()];
  const [one, two] = await Promise.all([open({ masterKey: old }), open({ masterKey: old })]);
  expect(one.sessionSecret).toEqual(two.sessionSecret);
  expect(one.sessionSecret.byteLength).toBe(32);
  await one.store.change((writer) => one.vault.put(writer, place, 'value', { setAt: 0, setBy: 'key:admin' }));
  expect(await two.vault.reveal(place)).toBe('value');
  // First every replica learns the new key, then each puts it first, then the old one goes.
  const accepting = await open({ masterKey: `${old},${next}` });
  const rotated = await open({ masterKey: `${next},${old}` });
  const after = await open({ masterKey: next });
  for (const replica of [accepting, rotated, after]) {
    expect(await replica.vault.reveal(place)).toBe('value');
    expect(replica.sessionSecret).toEqual(one.sessionSecret);
  }
  await expect(open({ masterKey: old })).rejects.toMatchObject({ code: 'CAPSTAN_CONFIG_INVALID' });
  await forgetSecrets(after);
});

test('a master key comes from a file, whose lines are the current one and those before it', async () => {
  const folder = dataFolder();
  const masterKeyFile = join(folder, 'key');
  writeFileSync(masterKeyFile, `${newKey()}\n`);
  const state = await open({ masterKeyFile });
  await state.store.change((writer) => state.vault.put(writer, place, 'value', { setAt: 0, setBy: 'key:admin' }));
  expect(await state.vault.reveal(place)).toBe('value');
  await expect(open({ masterKeyFile: join(folder, 'missing') })).rejects.toMatchObject({
    code: 'CAPSTAN_CONFIG_INVALID',
    message: expect.stringContaining('missing'),
  });
  await forgetSecrets(state);
});

test('without a master key one is made, closed to others, said once and used again', async () => {
  const folder = dataFolder();
  const warnings: string[] = [];
  const first = await open({ folder, warn: (message) => warnings.push(message) });
  await first.store.change((writer) => first.vault.put(writer, place, 'value', { setAt: 0, setBy: 'key:admin' }));
  const second = await open({ folder, warn: (message) => warnings.push(message) });
  expect(await second.vault.reveal(place)).toBe('value');
  expect(warnings).toHaveLength(1);
  expect(statSync(join(folder, 'master-key')).mode & 0o777).toBe(0o600);
});
