import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ActRecord, openAuditSpool } from '@capstan/host';
import { CapstanError } from '@capstan/sdk';
import { type AuditStore, createMemoryStore } from '@capstan/store';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startAuditShipper } from './audit-shipper.ts';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

const ACT: ActRecord = {
  kind: 'act',
  at: '2026-01-01T00:00:00.000Z',
  surface: 'rest',
  workspace: 'default',
  principal: 'key:admin',
  roles: ['admin'],
  address: undefined,
  key: undefined,
  act: 'pack.enable',
  target: 'line_pack',
  details: undefined,
  status: 'succeeded',
  code: undefined,
};

function scratch() {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-shipper-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const spool = openAuditSpool(join(folder, 'server'), {
    logger: SILENT,
    segmentBytes: 1_000,
    newReplicaId: () => 'rep_1',
  });
  const append = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) await spool.append(ACT);
  };
  const archive = createMemoryStore().audit;
  const start = (own: Pick<AuditStore, 'append' | 'removeBefore'> = archive, more: object = {}) =>
    startAuditShipper({ folder, archive: own, clock: { now: () => Date.UTC(2026, 0, 10) }, logger: SILENT, ...more });
  const stored = async (): Promise<readonly number[]> =>
    (await archive.chain('rep_1', 1, 1_000)).map(({ sequence }) => sequence);
  return { folder, append, archive, start, stored };
}

function upTo(last: number): readonly number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

test('records reach the store once, and files that are stored whole are removed', async () => {
  const { folder, append, archive, start, stored } = scratch();
  await append(20);
  const shipper = start();
  await shipper.ship();
  expect(await stored()).toEqual(upTo(20));
  expect(readdirSync(join(folder, 'server')).filter((name) => name.endsWith('.jsonl'))).toHaveLength(1);
  await append(5);
  await shipper.close();
  expect(await stored()).toEqual(upTo(25));
  expect((await archive.query({ subject: 'pack.enable', status: 'succeeded' })).items).toHaveLength(25);
});

test('a kill between store and cursor ships a batch again, and the store has it once', async () => {
  const { folder, append, start, stored } = scratch();
  await append(3);
  await start().close();
  rmSync(join(folder, 'server', 'shipped.json'));
  await append(2);
  await start().close();
  expect(await stored()).toEqual(upTo(5));
});

test('a store that is away loses nothing, is told once, and gets everything when it is back', async () => {
  const { folder, append, archive, start, stored } = scratch();
  const warn = vi.fn();
  const away = { current: true };
  const failing: Pick<AuditStore, 'append' | 'removeBefore'> = {
    append: (entries) =>
      away.current
        ? Promise.reject(new CapstanError('CAPSTAN_STORE_UNAVAILABLE', 'the database does not answer'))
        : archive.append(entries),
    removeBefore: (at) => archive.removeBefore(at),
  };
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const shipper = start(failing, { logger: { ...SILENT, warn } });
  await append(10);
  for (let n = 0; n < 5; n += 1) await vi.advanceTimersByTimeAsync(20_000);
  expect(warn).toHaveBeenCalledTimes(1);
  await expect(shipper.ship()).rejects.toMatchObject({ code: 'CAPSTAN_STORE_UNAVAILABLE' });
  expect(existsSync(join(folder, 'server', 'shipped.json'))).toBe(false);
  away.current = false;
  await append(10);
  await vi.advanceTimersByTimeAsync(20_000);
  vi.useRealTimers();
  await shipper.ship();
  expect(await stored()).toEqual(upTo(20));
  await shipper.close();
});

test('what is older than the retention is forgotten by the store', async () => {
  const { append, archive, start, stored } = scratch();
  await append(3);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const shipper = start(archive, { retentionDays: 5 });
  await vi.advanceTimersByTimeAsync(2_000);
  vi.useRealTimers();
  await shipper.close();
  expect(await stored()).toEqual([]);
});
