import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openTokenFile } from './token-file.ts';

function folder() {
  const path = mkdtempSync(join(tmpdir(), 'capstan-tokens-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  const places = { path: join(path, 'tokens.json'), keyPath: join(path, 'tokens.key') };
  return { ...places, open: () => openTokenFile(places) };
}

const GRANT = JSON.stringify({ refresh_token: 'geheim-refresh' });

test('grants outlive the process, encrypted, readable by their owner alone', async () => {
  const { open, path, keyPath } = folder();
  expect(await open().load('default/main')).toBeUndefined();
  expect([existsSync(path), existsSync(keyPath)]).toEqual([false, false]);
  await open().save('default/main', GRANT);
  await open().save('default/other', 'x');
  expect(await open().load('default/main')).toBe(GRANT);
  const text = readFileSync(path, 'utf8');
  expect(text).not.toMatch(/geheim|refresh/);
  expect(Buffer.from(text, 'utf8').toString('base64')).not.toContain(
    Buffer.from('geheim').toString('base64').slice(0, 6),
  );
  if (process.platform !== 'win32')
    expect([path, keyPath].map((one) => statSync(one).mode & 0o777)).toEqual([0o600, 0o600]);
  await open().remove('default/main');
  expect([await open().load('default/main'), await open().load('default/other')]).toEqual([undefined, 'x']);
});

test('the same grant is never written the same way twice', async () => {
  const { open, path } = folder();
  await open().save('a', GRANT);
  const first = readFileSync(path, 'utf8');
  await open().save('a', GRANT);
  expect(readFileSync(path, 'utf8')).not.toBe(first);
});

test('a grant that was moved to another connection, changed, or has lost its key does not open', async () => {
  const { open, path, keyPath } = folder();
  await open().save('default/mine', GRANT);
  const { grants } = JSON.parse(readFileSync(path, 'utf8'));
  const changed = `${grants['default/mine'].slice(0, -6)}AAAA==`;
  writeFileSync(path, JSON.stringify({ version: 1, grants: { 'default/yours': grants['default/mine'], changed } }));
  for (const key of ['default/yours', 'changed']) {
    await expect(open().load(key)).rejects.toMatchObject({ code: 'CAPSTAN_CONFIG_INVALID' });
  }
  rmSync(keyPath);
  await expect(open().load('default/yours')).rejects.toThrow('the key of the grants is not there');
});

test.each(['{', '[]', '{"grants":{"a":1}}'])('a damaged file (%s) is named, not overwritten', async (text) => {
  const { open, path } = folder();
  writeFileSync(path, text);
  await expect(open().save('a', GRANT)).rejects.toMatchObject({ code: 'CAPSTAN_CONFIG_INVALID' });
  expect(readFileSync(path, 'utf8')).toBe(text);
});
