import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DataFolder, openDataFolder } from './data-folder.ts';
import { identifyProcess } from './process-identity.ts';
import { readServerFile } from './server-file.ts';

let parent: string;
let path: string;
const opened: DataFolder[] = [];

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'capstan-data-'));
  path = join(parent, '.capstan');
});

afterEach(() => {
  for (const folder of opened.splice(0)) folder.close();
  rmSync(parent, { recursive: true });
});

test('folder and keys are for their owner alone', () => {
  open();
  expect(modeOf(path)).toBe(0o700);
  expect(modeOf(join(path, 'keys.json'))).toBe(0o600);
});

test('keys are made once, and read ever after', () => {
  const first = open();
  expect(first.keys.admin).toMatch(/^cap_\w{60}$/);
  expect(first.keys.agent).toMatch(/^cap_\w{60}$/);
  first.close();
  const before = readFileSync(first.keysPath, 'utf8');
  expect(open().keys).toEqual(first.keys);
  expect(readFileSync(first.keysPath, 'utf8')).toBe(before);
});

test('a key file that others may read is closed to them', () => {
  open().close();
  chmodSync(join(path, 'keys.json'), 0o644);
  open();
  expect(modeOf(join(path, 'keys.json'))).toBe(0o600);
});

test('a damaged key file is refused and left as it is', () => {
  open().close();
  for (const damaged of ['{', '{}', '{"admin":"x","agent":""}', '{"admin":"x","agent":"x"}']) {
    writeFileSync(join(path, 'keys.json'), damaged);
    expect(() => open()).toThrow(expect.objectContaining({ code: 'CAPSTAN_CONFIG_INVALID' }));
    expect(readFileSync(join(path, 'keys.json'), 'utf8')).toBe(damaged);
  }
});

test('a second owner is refused by folder and process id', () => {
  open();
  expect(() => open()).toThrow(
    expect.objectContaining({
      code: 'CAPSTAN_CONFLICT',
      message: `the data folder ${path} belongs to process ${process.pid}, which is running`,
    }),
  );
});

test('the lock of a dead process is taken over', async () => {
  open().close();
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.on('exit', resolve));
  writeFileSync(join(path, 'owner.lock'), JSON.stringify({ pid: child.pid, token: 'x' }));
  open();
});

test('the lock of an earlier process with the id of a running one is taken over', () => {
  const own = identifyProcess(process.pid);
  if (own?.started === undefined) {
    console.info('not run: this system does not tell when a process started');
    return;
  }
  open().close();
  writeFileSync(join(path, 'owner.lock'), JSON.stringify({ pid: process.pid, started: 'another boot/1' }));
  open();
});

test('a lock that a crash left half written is taken over', () => {
  open().close();
  writeFileSync(join(path, 'owner.lock'), '{"pid":');
  open();
  expect(readdirSync(path).filter((name) => name.startsWith('owner.lock.'))).toEqual([]);
});

test('closing gives the folder up, once', () => {
  const first = open();
  first.close();
  const second = open();
  first.close();
  expect(() => open()).toThrow(expect.objectContaining({ code: 'CAPSTAN_CONFLICT' }));
  second.close();
  expect(existsSync(join(path, 'owner.lock'))).toBe(false);
});

test('the address of the server is there while it is announced', () => {
  const folder = open();
  expect(readServerFile(path)).toBeUndefined();
  const address = { url: 'http://127.0.0.1:7420', pid: 1, started_at: '2026-01-01T00:00:00.000Z' };
  folder.announce(address);
  expect(readServerFile(path)).toEqual(address);
  folder.withdraw();
  expect(readServerFile(path)).toBeUndefined();
});

test('the address that a crashed server left is removed', () => {
  const folder = open();
  folder.announce({ url: 'http://127.0.0.1:7420', pid: 1, started_at: '2026-01-01T00:00:00.000Z' });
  const left = readFileSync(join(path, 'server.json'));
  folder.close();
  writeFileSync(join(path, 'server.json'), left);
  open();
  expect(readServerFile(path)).toBeUndefined();
});

test('what was enabled is kept, and a damaged file is refused by name', () => {
  const { enablement } = open();
  expect(enablement.load()).toEqual({ workspaces: {} });
  const state = { workspaces: { default: { line: { environment: ['LINE_URL'] } } } };
  enablement.save(state);
  expect(enablement.load()).toEqual(state);
  for (const damaged of ['', '{}', '{"workspaces":{"default":{"line":{}}}}']) {
    writeFileSync(join(path, 'state.json'), damaged);
    expect(() => enablement.load()).toThrow(/state\.json/);
  }
});

function open(): DataFolder {
  const folder = openDataFolder(path);
  opened.push(folder);
  return folder;
}

function modeOf(file: string): number {
  return statSync(file).mode & 0o777;
}
