import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { filesFrom, filesOf, pathInPack } from './pack-files.ts';

describe('a path in a pack', () => {
  test.each([
    ['a.json', 'a.json'],
    ['./schemas/a.json', 'schemas/a.json'],
    ['a/../b.json', 'b.json'],
    ['..a/b', '..a/b'],
  ])('%s', (path, inside) => {
    expect(pathInPack(path)).toBe(inside);
  });

  test.each([
    '',
    '.',
    '..',
    '../a',
    'a/../../b',
    '/etc/passwd',
    'C:/a',
    'C:a',
    'file:///etc/passwd',
    '..\\a',
    'a\\..\\..\\b',
    'a\0b',
    'a/',
  ])('%j is none', (path) => expect(pathInPack(path)).toBeUndefined());
});

describe('a folder', () => {
  let root: string;
  let pack: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'capstan-pack-'));
    pack = join(root, 'pack');
    mkdirSync(join(pack, 'inner'), { recursive: true });
    writeFileSync(join(root, 'outside.json'), '"outside"');
    writeFileSync(join(pack, 'inside.json'), '"inside"');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const codeOf = (path: string): string => {
    const reading = filesOf(pack).read(path);
    return reading.ok ? reading.text : reading.code;
  };

  test('gives what lies in it, also through a link that stays in it', () => {
    symlinkSync('../inside.json', join(pack, 'inner/link.json'));
    expect(codeOf('inside.json')).toBe('"inside"');
    expect(codeOf('./inner/link.json')).toBe('"inside"');
    expect(filesOf(pack).has('inner/link.json')).toBe(true);
  });

  test('gives nothing that lies outside, by no path and through no link', () => {
    symlinkSync('../outside.json', join(pack, 'file.json'));
    symlinkSync('..', join(pack, 'up'));
    symlinkSync(join(root, 'outside.json'), join(pack, 'absolute.json'));
    symlinkSync('file.json', join(pack, 'link-to-link.json'));
    for (const path of [
      'file.json',
      'up/outside.json',
      'absolute.json',
      'link-to-link.json',
      '../outside.json',
      join(root, 'outside.json'),
    ]) {
      expect(codeOf(path)).toBe('CAPSTAN_MANIFEST_FILE_OUTSIDE');
      expect(filesOf(pack).has(path)).toBe(false);
    }
  });

  test('a folder whose name starts like the pack is outside', () => {
    mkdirSync(join(root, 'pack-evil'));
    writeFileSync(join(root, 'pack-evil/a.json'), '1');
    symlinkSync('../pack-evil/a.json', join(pack, 'a.json'));
    expect(codeOf('a.json')).toBe('CAPSTAN_MANIFEST_FILE_OUTSIDE');
  });

  test('what is missing, a folder, or a link to itself has a diagnostic', () => {
    symlinkSync('loop.json', join(pack, 'loop.json'));
    expect(codeOf('nope.json')).toBe('CAPSTAN_MANIFEST_FILE_MISSING');
    expect(codeOf('loop.json')).toBe('CAPSTAN_MANIFEST_FILE_MISSING');
    expect(codeOf('inner')).toBe('CAPSTAN_MANIFEST_FILE_INVALID');
    expect(filesOf(join(root, 'nowhere')).read('a.json')).toMatchObject({ code: 'CAPSTAN_MANIFEST_FILE_MISSING' });
  });

  test('no more of a file is read than can be used', () => {
    writeFileSync(join(pack, 'big.json'), Buffer.alloc(10 * 1024 * 1024, 0x20));
    expect(codeOf('big.json')).toHaveLength(1024 * 1024 + 1);
  });

  test('the pack may itself be reached through a link', () => {
    symlinkSync('pack', join(root, 'alias'));
    expect(filesOf(join(root, 'alias')).read('inside.json')).toMatchObject({ ok: true });
  });
});

test('a function that reads is asked for paths in the pack only, and what it throws is a diagnostic', () => {
  const asked: string[] = [];
  const files = filesFrom((path) => {
    asked.push(path);
    throw Object.assign(new Error('no'), { code: 'ENOENT' });
  });
  expect(files.read('./a/../b.json')).toMatchObject({
    code: 'CAPSTAN_MANIFEST_FILE_MISSING',
    message: "'./a/../b.json' cannot be read (ENOENT)",
  });
  expect(files.read('../b.json')).toMatchObject({ code: 'CAPSTAN_MANIFEST_FILE_OUTSIDE' });
  expect(asked).toEqual(['b.json']);
});
