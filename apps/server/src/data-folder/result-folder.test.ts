import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryResultStore, type ResultStore, type ResultStoreLimits } from '@capstan/host';
import { describe, expect, onTestFinished, test } from 'vitest';
import { resultFolder } from './result-folder.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-results-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const STORES: readonly (readonly [name: string, make: (limits?: ResultStoreLimits) => ResultStore])[] = [
  ['in memory', memoryResultStore],
  ['in files', (limits) => resultFolder(join(temporaryFolder(), 'results'), limits)],
];
const NOW = Date.UTC(2026, 0, 1);

describe.each(STORES)('results %s', (_name, make) => {
  test('come back to their workspace, and to no other', async () => {
    const store = make();
    const text = JSON.stringify({ text: 'größer' });
    const { id, bytes, expiresAt } = await store.put({ workspace: 'support', text, now: NOW });
    expect([id, bytes, expiresAt - NOW]).toEqual([expect.stringMatching(/^res_[0-9a-f]{32}$/), 19, 3_600_000]);
    expect(await store.get('support', id, NOW + 1)).toBe(text);
    expect(await store.get('sales', id, NOW + 1)).toBeUndefined();
    expect(await store.get('support', 'res_00000000000000000000000000000000', NOW)).toBeUndefined();
  });

  test('are gone after their time', async () => {
    const store = make({ ttlMs: 1_000 });
    const { id } = await store.put({ workspace: 'w', text: '1', now: NOW });
    expect(await store.get('w', id, NOW + 999)).toBe('1');
    expect(await store.get('w', id, NOW + 1_000)).toBeUndefined();
  });

  test('give way to newer ones, the oldest first', async () => {
    const store = make({ maxBytes: 25 });
    const ids = [];
    for (let count = 0; count < 4; count += 1) {
      ids.push((await store.put({ workspace: 'w', text: '"12345678"', now: NOW + count * 1_000 })).id);
    }
    const kept = await Promise.all(ids.map((id) => store.get('w', id, NOW + 5_000)));
    expect(kept.map((text) => text !== undefined)).toEqual([false, false, true, true]);
  });
});

test('files are for their owner alone, and the old ones of an earlier run go', async () => {
  const folder = join(temporaryFolder(), 'results');
  const earlier = await resultFolder(folder).put({ workspace: 'w', text: '1', now: NOW - 7_200_000 });
  const { id } = await resultFolder(folder).put({ workspace: 'w', text: '2', now: NOW });
  expect(readdirSync(join(folder, 'w'))).toEqual([`${id}.json`]);
  expect(earlier.id).not.toBe(id);
  if (process.platform !== 'win32') expect(statSync(join(folder, 'w', `${id}.json`)).mode & 0o777).toBe(0o600);
});

test('no id and no workspace leads out of the folder', async () => {
  const outside = temporaryFolder();
  writeFileSync(join(outside, 'res_00000000000000000000000000000000.json'), '"secret"');
  const store = resultFolder(join(outside, 'results'));
  for (const [workspace, id] of [
    ['..', 'res_00000000000000000000000000000000'],
    ['w', '../res_00000000000000000000000000000000'],
    ['w', 'res_00000000000000000000000000000000.json'],
    ['', ''],
  ] as const) {
    expect(await store.get(workspace, id, NOW)).toBeUndefined();
  }
  await expect(store.put({ workspace: '../up', text: '1', now: NOW })).rejects.toThrow('not the name of a workspace');
});
