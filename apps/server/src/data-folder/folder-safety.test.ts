import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAuditSpool } from '@capstan/host';
import { expect, onTestFinished, test } from 'vitest';
import { writeFileAtomically } from './atomic-file.ts';
import { openDataFolder } from './data-folder.ts';

const LOGGER = { debug() {}, info() {}, warn() {}, error() {} };

test('audit records are not written through a link, and a file that is open to others is closed to them', async () => {
  const folder = scratch();
  const victim = join(folder, 'victim.txt');
  const segment = join(folder, '0000000000000001.jsonl');
  writeFileSync(victim, 'precious');
  symlinkSync(victim, segment);
  expect(() => openAuditSpool(folder, { logger: LOGGER })).toThrow(/ELOOP/);
  rmSync(segment);
  writeFileSync(segment, '');
  chmodSync(segment, 0o666);
  await openAuditSpool(folder, { logger: LOGGER }).close();
  expect(statSync(segment).mode & 0o777).toBe(0o600);
});

test('a draft is not written through a link that waits at its old name', () => {
  const folder = scratch();
  const outside = join(folder, 'outside.txt');
  const path = join(folder, 'keys.json');
  symlinkSync(outside, `${path}.${process.pid}.new`);
  writeFileAtomically(path, 'text');
  expect(readFileSync(path, 'utf8')).toBe('text');
  expect(existsSync(outside)).toBe(false);
});

test('a data folder stays out of a repository', () => {
  const folder = join(scratch(), 'data');
  openDataFolder(folder).close();
  expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe('*\n');
});

test('a data folder of another user is refused', ({ skip }) => {
  if (process.getuid?.() !== 0) return skip('only root can give a folder away');
  const folder = join(scratch(), 'foreign');
  mkdirSync(folder);
  chownSync(folder, 12_345, 12_345);
  expect(() => openDataFolder(folder)).toThrow(/belongs to another user \(uid 12345\)/);
});

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
