import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InvocationOutcome, JsonObject, JsonValue } from '@capstan/sdk';
import { createTestHost, testPack } from '@capstan/testing';
import { describe, expect, onTestFinished, test } from 'vitest';

const PACK = fileURLToPath(new URL('..', import.meta.url));

const MAKE_PIPE = 'mkfifo';

type Call = (tool: string, args: JsonObject) => Promise<InvocationOutcome>;

/** A folder with every trick, next to a secret outside of it. */
function trickyFolder(): string {
  const home = mkdtempSync(join(tmpdir(), 'capstan-files-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const root = join(home, 'root');
  mkdirSync(join(root, 'reports/2026'), { recursive: true });
  writeFileSync(join(home, 'secret.txt'), 'the secret outside');
  writeFileSync(join(root, 'README.md'), 'Hello\nOpening Hours: 9 to 5\n');
  writeFileSync(join(root, 'reports/2026/may.md'), 'In May the opening hours change.\r\nSecond line\r\n');
  writeFileSync(join(root, 'picture.png'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2]));
  writeFileSync(join(root, 'latin1.txt'), Buffer.from([0x63, 0x61, 0x66, 0xe9]));
  writeFileSync(join(root, 'umlauts.txt'), 'äöü€😀'.repeat(10));
  writeFileSync(join(root, 'huge.txt'), `${'x'.repeat(2_000_000)}opening hours`);
  symlinkSync(join(home, 'secret.txt'), join(root, 'link-out.txt'));
  symlinkSync(home, join(root, 'folder-out'));
  symlinkSync('README.md', join(root, 'link-in.md'));
  symlinkSync('.', join(root, 'loop'));
  execFileSync(MAKE_PIPE, [join(root, 'pipe')]);
  return root;
}

async function packOn(roots: Readonly<Record<string, string>>, more: JsonObject = {}): Promise<Call> {
  const host = await createTestHost({ packs: { files: PACK }, config: { files: { roots, ...more } } });
  onTestFinished(() => host.close({ timeoutMs: 100 }));
  return (tool, args) => host.invoke({ tool, arguments: args });
}

function resultOf(outcome: InvocationOutcome): JsonValue {
  if (outcome.status !== 'succeeded')
    throw new Error(`${outcome.status}: ${'error' in outcome ? outcome.error.message : ''}`);
  return outcome.result.value;
}

describe('list_files', () => {
  test('lists one folder, and all below it; links are told and not followed', async () => {
    const call = await packOn({ docs: trickyFolder() });
    const top = resultOf(await call('list_files', {}));
    expect(top).toMatchObject({ root: 'docs', truncated: false });
    expect(JSON.parse(JSON.stringify(top)).entries.map(({ path, kind }: JsonObject) => `${kind} ${path}`)).toEqual([
      'file README.md',
      'link folder-out',
      'file huge.txt',
      'file latin1.txt',
      'link link-in.md',
      'link link-out.txt',
      'link loop',
      'file picture.png',
      'other pipe',
      'folder reports',
      'file umlauts.txt',
    ]);
    const below = resultOf(await call('list_files', { recursive: true, name: '.MD' }));
    expect(JSON.parse(JSON.stringify(below)).entries.map(({ path }: JsonObject) => path)).toEqual([
      'README.md',
      'link-in.md',
      'reports/2026/may.md',
    ]);
    expect(resultOf(await call('list_files', { path: 'reports/2026/' }))).toMatchObject({
      entries: [{ path: 'reports/2026/may.md', kind: 'file', bytes: 47 }],
    });
  });

  test('says when there is more', async () => {
    const call = await packOn({ docs: trickyFolder() });
    expect(resultOf(await call('list_files', { limit: 2 }))).toMatchObject({ truncated: true, entries: [{}, {}] });
  });

  test('tells the roots where there are several', async () => {
    const call = await packOn({ docs: trickyFolder(), other: trickyFolder() });
    expect(resultOf(await call('list_files', {}))).toMatchObject({ roots: ['docs', 'other'], entries: [] });
    expect(await call('read_file', { path: 'README.md' })).toMatchObject({
      error: { code: 'CAPSTAN_INVALID_ARGUMENTS', hint: 'Name one of: docs, other.' },
    });
    expect(resultOf(await call('read_file', { root: 'other', path: 'README.md' }))).toMatchObject({ root: 'other' });
  });
});

describe('read_file', () => {
  test('reads text, through a link that stays inside too', async () => {
    const call = await packOn({ docs: trickyFolder() });
    const text = 'Hello\nOpening Hours: 9 to 5\n';
    expect(resultOf(await call('read_file', { path: 'README.md' }))).toMatchObject({
      text,
      bytes: 28,
      truncated: false,
    });
    expect(resultOf(await call('read_file', { path: 'link-in.md' }))).toMatchObject({ text });
  });

  test('reads a long file in parts that are whole characters and together the file', async () => {
    const call = await packOn({ docs: trickyFolder() });
    let text = '';
    let offset: unknown = 0;
    for (let part = 0; part < 100 && typeof offset === 'number'; part += 1) {
      const read = JSON.parse(
        JSON.stringify(resultOf(await call('read_file', { path: 'umlauts.txt', offset, max_bytes: 7 }))),
      );
      text += read.text;
      offset = read.next_offset;
    }
    expect(text).toBe('äöü€😀'.repeat(10));
  });

  test('returns no more than the operator allows', async () => {
    const call = await packOn({ docs: trickyFolder() }, { max_read_bytes: 4096 });
    const part = await call('read_file', { path: 'huge.txt', max_bytes: 1_000_000 });
    expect(resultOf(part)).toMatchObject({ bytes: 2_000_013, truncated: true, next_offset: 4096 });
  });

  test.each([
    ['../secret.txt', /leaves its folder/],
    ['reports/../../secret.txt', /leaves its folder/],
    ['/etc/passwd', /not relative/],
    ['link-out.txt', /leads out/],
    ['folder-out/secret.txt', /leads out/],
    ['loop/folder-out/secret.txt', /leads out/],
    ['pipe', /neither a file nor a folder/],
    ['reports', /neither a file|is a folder/],
    ['nothing.txt', /does not exist/],
    ['README.md/x', /does not exist|leads through a file/],
    ['picture.png', /no text in UTF-8/],
    ['latin1.txt', /no text in UTF-8/],
    ['a\u0000b', /NUL/],
    ['C:/x', /not relative/],
    ['..\\secret.txt', /backslash/],
  ])('refuses %j', async (path, message) => {
    const root = trickyFolder();
    const call = await packOn({ docs: root });
    const outcome = await call('read_file', { path });
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'CAPSTAN_INVALID_ARGUMENTS' } });
    expect(outcome.status === 'failed' && outcome.error.message).toMatch(message);
    expect(JSON.stringify(outcome)).not.toContain('the secret outside');
    expect(JSON.stringify(outcome)).not.toContain(root);
  });

  test('says so where the file may not be read', async () => {
    const root = trickyFolder();
    chmodSync(join(root, 'README.md'), 0);
    const call = await packOn({ docs: root });
    const outcome = await call('read_file', { path: 'README.md' });
    // Root reads everything.
    if (process.getuid?.() === 0) expect(outcome.status).toBe('succeeded');
    else expect(outcome).toMatchObject({ error: { message: '"README.md" may not be read' } });
  });

  test('a hard link to a file is that file: who makes one could read it already', async () => {
    const root = trickyFolder();
    linkSync(join(root, 'README.md'), join(root, 'hard.md'));
    const call = await packOn({ docs: root });
    expect(resultOf(await call('read_file', { path: 'hard.md' }))).toMatchObject({ bytes: 28 });
  });
});

describe('search_files', () => {
  test('finds lines in all text files, and passes over binary, huge and linked ones', async () => {
    const call = await packOn({ docs: trickyFolder() }, { max_file_bytes: 1_000_000 });
    expect(resultOf(await call('search_files', { text: 'opening hours' }))).toEqual({
      root: 'docs',
      matches: [
        { path: 'README.md', line: 2, text: 'Opening Hours: 9 to 5' },
        { path: 'reports/2026/may.md', line: 1, text: 'In May the opening hours change.' },
      ],
      files_searched: 3,
      files_skipped: 3,
      truncated: false,
    });
    expect(
      resultOf(await call('search_files', { text: 'Opening', case_sensitive: true, path: 'reports' })),
    ).toMatchObject({
      matches: [],
    });
    expect(resultOf(await call('search_files', { text: 'the secret outside' }))).toMatchObject({ matches: [] });
  });

  test('cuts long lines, and says when there is more', async () => {
    const call = await packOn({ docs: trickyFolder() });
    const found = resultOf(await call('search_files', { text: 'opening hours', name: 'huge' }));
    expect(JSON.parse(JSON.stringify(found)).matches[0].text).toHaveLength(500);
    expect(resultOf(await call('search_files', { text: 'e', limit: 1 }))).toMatchObject({ truncated: true });
  });
});

test('a root that is no absolute path is a mistake of the config', async () => {
  const call = await packOn({ docs: 'docs' });
  expect(await call('list_files', {})).toMatchObject({
    error: { code: 'CAPSTAN_CONFIG_INVALID', details: { keys: ['roots'] } },
  });
});

test('every example of the manifest works', async () => {
  const { results } = await testPack(PACK, { config: { roots: { docs: trickyFolder() } } });
  expect(results.filter(({ status }) => status !== 'passed')).toEqual([]);
  expect(results.length).toBeGreaterThan(0);
});
