import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../test-kit/pack-folder.ts';
import type { ActRecord } from './audit-record.ts';
import { openAuditSpool } from './audit-spool.ts';
import { CHAIN_START, chainFolders, finishedSegments, readChain, verifyChainFolder } from './read-chain.ts';

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

async function chainOf(records: number, segmentBytes: number = 1_000): Promise<string> {
  const folder = join(temporaryFolder({}), 'server');
  const spool = openAuditSpool(folder, { logger: SILENT, segmentBytes, newReplicaId: () => 'rep_1' });
  for (let n = 0; n < records; n += 1) await spool.append({ ...ACT, target: `pack_${n}` });
  await spool.close();
  return folder;
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
}

function rewrite(folder: string, change: (lines: string[]) => void): void {
  const files = filesOf(folder);
  const lines = files.flatMap((path) => readFileSync(path, 'utf8').split('\n').slice(0, -1));
  change(lines);
  for (const path of files.slice(1)) rmSync(path);
  writeFileSync(files[0] ?? '', lines.map((line) => `${line}\n`).join(''));
}

test('a whole chain has no findings, over all its segments', async () => {
  const folder = await chainOf(20);
  expect(filesOf(folder).length).toBeGreaterThan(3);
  expect(verifyChainFolder(folder)).toMatchObject({ replica: 'rep_1', records: 20, first: 1, last: 20, findings: [] });
});

test('older segments may be gone: the chain then begins later', async () => {
  const folder = await chainOf(20);
  rmSync(filesOf(folder)[0] ?? '');
  const report = verifyChainFolder(folder);
  expect(report.findings).toEqual([]);
  expect(report.first).toBeGreaterThan(1);
  rmSync(filesOf(folder)[1] ?? '');
  expect(verifyChainFolder(folder).findings).toMatchObject([{ kind: 'gap', place: expect.stringMatching(/:1$/) }]);
});

test('a changed, a removed, an inserted and an unreadable record are named with their place', async () => {
  const changed = await chainOf(8);
  rewrite(changed, (lines) => lines.splice(3, 1, (lines[3] ?? '').replace('pack_3', 'pack_9')));
  expect(verifyChainFolder(changed).findings).toEqual([
    {
      kind: 'changed',
      place: 'server/0000000000000001.jsonl:4',
      message: 'record 4 was changed: the next one names another hash',
    },
  ]);
  const removed = await chainOf(8);
  rewrite(removed, (lines) => lines.splice(2, 2));
  expect(verifyChainFolder(removed).findings).toEqual([
    { kind: 'gap', place: 'server/0000000000000001.jsonl:3', message: 'records 3 to 4 are missing before this one' },
  ]);
  const inserted = await chainOf(8);
  rewrite(inserted, (lines) => lines.splice(2, 0, lines[5] ?? ''));
  expect(verifyChainFolder(inserted).findings.map(({ kind }) => kind)).toContain('changed');
  const broken = await chainOf(8);
  rewrite(broken, (lines) => lines.splice(2, 1, 'nonsense'));
  expect(verifyChainFolder(broken).findings).toMatchObject([
    { kind: 'unreadable', place: 'server/0000000000000001.jsonl:3' },
    { kind: 'changed', place: 'server/0000000000000001.jsonl:3' },
  ]);
});

test('whatever bytes of a chain are changed before its last line, it shows', async () => {
  const folder = await chainOf(6, 100_000);
  const [path = ''] = filesOf(folder);
  const whole = readFileSync(path);
  const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
  fc.assert(
    fc.property(fc.nat(lastLine - 2), fc.integer({ min: 1, max: 255 }), (offset, difference) => {
      const bytes = Buffer.from(whole);
      bytes[offset] = (bytes[offset] ?? 0) ^ difference;
      writeFileSync(path, bytes);
      expect(verifyChainFolder(folder).findings).not.toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('a chain is read in pieces of whole lines while it grows', async () => {
  const folder = await chainOf(20);
  const read: string[] = [];
  let position = CHAIN_START;
  for (;;) {
    const { lines, end } = readChain(folder, position, 600);
    if (lines.length === 0) break;
    expect(lines.length).toBeLessThanOrEqual(3);
    read.push(...lines);
    position = end;
  }
  expect(read.map((line) => JSON.parse(line).sequence)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  expect(finishedSegments(folder, position)).toHaveLength(filesOf(folder).length - 1);
  expect(chainFolders(join(folder, '..'))).toEqual([folder]);
  expect(chainFolders(join(folder, 'nowhere'))).toEqual([]);
});
