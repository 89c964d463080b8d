import { globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { originOf } from './pack-origin.ts';
import { joinGlob, joinPath } from './relative-path.ts';

test('paths are relative to the folder of the file, absolute ones stay', () => {
  expect(joinPath('capstan.yaml', './ca.pem')).toBe('ca.pem');
  expect(joinPath('/etc/capstan/capstan.yaml', '../ca.pem')).toBe('/etc/ca.pem');
  expect(joinPath('/etc/capstan/capstan.yaml', '/ca.pem')).toBe('/ca.pem');
});

test('a folder with special characters in its name is found by a glob inside it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-[x](y)-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'packs', 'one'), { recursive: true });
  expect(globSync(joinGlob(join(folder, 'capstan.yaml'), './packs/*'))).toEqual([join(folder, 'packs', 'one')]);
});

test.each([
  ['./packs/a', 'folder'],
  ['../a', 'folder'],
  ['.', 'folder'],
  ['/opt/a', 'folder'],
  ['C:\\packs\\a', 'folder'],
  ['line-pack', 'package'],
  ['@scope/line-pack', 'package'],
  ['packs/a', undefined],
  ['Line-Pack', undefined],
  ['.hidden', undefined],
  ['~/a', undefined],
  ['@scope', undefined],
])('from: %s is a %s', (from, kind) => expect(originOf(from)?.kind).toBe(kind));
