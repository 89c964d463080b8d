import { createHash } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from '../test-kit/pack-folder.ts';
import type { AuditSink, CallRecord } from './audit-record.ts';
import { type AuditSpoolOptions, openAuditSpool } from './audit-spool.ts';
import { argumentsDigest } from './chain.ts';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

const CALL: CallRecord = {
  kind: 'call',
  execution_id: 'exe_1',
  at: '2026-01-01T00:00:00.000Z',
  surface: 'rest',
  workspace: 'default',
  principal: 'key:a',
  roles: ['agent'],
  address: undefined,
  key: undefined,
  tool: 'app.echo',
  connection: undefined,
  decision: undefined,
  arguments: { n: 1 },
  status: 'succeeded',
  code: undefined,
  duration_ms: 1,
  cache: undefined,
  attempts: undefined,
  trace_id: undefined,
};

function open(folder: string, options: Partial<AuditSpoolOptions> = {}): AuditSink {
  const spool = openAuditSpool(folder, { logger: SILENT, newReplicaId: () => 'rep_1', ...options });
  return spool;
}

function linesOf(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1));
}

function placesOf(folder: string): readonly { readonly sequence: number; readonly previous: string }[] {
  return linesOf(folder).map((line) => JSON.parse(line));
}

function expectWholeChain(folder: string): void {
  let previous = '0'.repeat(64);
  for (const [index, line] of linesOf(folder).entries()) {
    expect(JSON.parse(line)).toMatchObject({ replica: 'rep_1', sequence: index + 1, previous });
    previous = createHash('sha256').update(line).digest('hex');
  }
}

test('a record is in the file when its promise resolves, and each names the hash of the one before', async () => {
  const folder = temporaryFolder({});
  const spool = open(folder);
  await spool.append(CALL);
  expect(linesOf(folder)).toHaveLength(1);
  await Promise.all([spool.append(CALL), spool.append(CALL), spool.append(CALL)]);
  expect(linesOf(folder)).toHaveLength(4);
  expectWholeChain(folder);
  await spool.close();
});

test('the records of one turn share one promise, so one write', async () => {
  const spool = open(temporaryFolder({}));
  const [one, other] = [spool.append(CALL), spool.append(CALL)];
  expect(one).toBe(other);
  await one;
  expect(spool.append(CALL)).not.toBe(one);
  await spool.close();
});

test('a chain goes on after a restart, over several segments', async () => {
  const folder = temporaryFolder({});
  for (let run = 0; run < 3; run += 1) {
    const spool = open(folder, { segmentBytes: 700, newReplicaId: () => `rep_${run + 1}` });
    for (let n = 0; n < 4; n += 1) await spool.append(CALL);
    await spool.close();
  }
  expect(readdirSync(folder).length).toBeGreaterThan(3);
  expect(placesOf(folder)).toHaveLength(12);
  expectWholeChain(folder);
});

test('a record that a crash cut short is moved aside, and a record says so', async () => {
  const folder = temporaryFolder({});
  const first = open(folder);
  await first.append(CALL);
  await first.close();
  const segment = join(folder, '0000000000000001.jsonl');
  appendFileSync(segment, '{"replica":"rep_1","sequ');
  const second = open(folder);
  await second.append(CALL);
  await second.close();
  expectWholeChain(folder);
  expect(JSON.parse(linesOf(folder)[1] ?? '')).toMatchObject({
    kind: 'act',
    act: 'audit.repair',
    details: { torn_bytes: 24, moved_to: '0000000000000001.jsonl.torn' },
  });
  expect(readFileSync(`${segment}.torn`, 'utf8')).toBe('{"replica":"rep_1","sequ');
  expect(statSync(`${segment}.torn`).mode & 0o777).toBe(0o600);
});

test('what was tampered with stays as it is, and the chain goes on behind it', async () => {
  const folder = temporaryFolder({});
  const first = open(folder);
  for (let n = 0; n < 3; n += 1) await first.append(CALL);
  await first.close();
  const segment = join(folder, '0000000000000001.jsonl');
  const [one, two] = linesOf(folder);
  writeFileSync(segment, `${one}\n${two}\nnonsense\n`);
  const second = open(folder);
  await second.append(CALL);
  await second.close();
  const lines = linesOf(folder);
  expect(lines[2]).toBe('nonsense');
  expect(JSON.parse(lines[3] ?? '')).toMatchObject({
    replica: 'rep_1',
    sequence: 4,
    previous: createHash('sha256').update('nonsense').digest('hex'),
  });
});

test('arguments that JSON cannot carry or that are too long are named in their place', async () => {
  const folder = temporaryFolder({});
  const spool = open(folder);
  await spool.append({ ...CALL, arguments: { n: 1n } as never });
  await spool.append({ ...CALL, arguments: { text: 'x'.repeat(20_000) } });
  await spool.close();
  const digest = createHash('sha256')
    .update(`{"text":"${'x'.repeat(20_000)}"}`)
    .digest('hex');
  const records = linesOf(folder).map((line) => JSON.parse(line));
  expect(records).toMatchObject([
    { arguments: { omitted: 'not JSON' } },
    { arguments: { omitted_characters: expect.any(Number) }, arguments_digest: digest },
  ]);
  expect(argumentsDigest(records[1])).toBe(digest);
  expect(argumentsDigest(CALL)).toBe(createHash('sha256').update('{"n":1}').digest('hex'));
  expectWholeChain(folder);
});

test('what a full disk refuses waits, is told, and is written in its place when there is room', async () => {
  const folder = temporaryFolder({});
  const error = vi.fn();
  const disk = { freeBytes: Number.POSITIVE_INFINITY };
  const spool = open(folder, {
    logger: { ...SILENT, error },
    write: (file, bytes) => {
      if (disk.freeBytes === 0) throw new Error('ENOSPC');
      const written = writeSync(file, bytes.subarray(0, Math.min(disk.freeBytes, bytes.length)));
      disk.freeBytes -= written;
      return written;
    },
  });
  await spool.append(CALL);
  disk.freeBytes = 100;
  await Promise.all([spool.append(CALL), spool.append(CALL)]);
  await spool.append(CALL);
  expect(error).toHaveBeenLastCalledWith(
    'audit records could not be written and wait for the next try',
    expect.objectContaining({ records: 3 }),
  );
  expect(spool.accepts?.()).toBe(true);
  for (let n = 0; n < 1_200; n += 1) void spool.append({ ...CALL, tool: 'x'.repeat(15_000) });
  expect(spool.accepts?.()).toBe(false);
  disk.freeBytes = Number.POSITIVE_INFINITY;
  await spool.append(CALL);
  expect(spool.accepts?.()).toBe(true);
  await spool.close();
  expect(linesOf(folder)).toHaveLength(1_205);
  expectWholeChain(folder);
});
