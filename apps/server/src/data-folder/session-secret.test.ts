import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sessionSecret } from './session-secret.ts';

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-session-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('replicas with one master key have one secret, and it is not that key', () => {
  const masterKey = 'master-key-of-the-tests';
  const [one, two] = [newFolder(), newFolder()].map((folder) => sessionSecret({ masterKey, folder, randomBytes }));
  expect(one).toEqual(two);
  expect(one).toHaveLength(32);
  expect(Buffer.from(one ?? []).toString()).not.toContain(masterKey);
  const folder = newFolder();
  expect(sessionSecret({ masterKey: 'another', folder, randomBytes })).not.toEqual(one);
  expect(readdirSync(folder)).toEqual([]);
});

test('without one it is made once, for the owner alone, and a damaged file is not used', () => {
  const folder = newFolder();
  const options = { masterKey: undefined, folder, randomBytes };
  const secret = sessionSecret(options);
  expect(sessionSecret(options)).toEqual(secret);
  expect(statSync(join(folder, 'session.key')).mode & 0o777).toBe(0o600);
  writeFileSync(join(folder, 'session.key'), 'short');
  expect(() => sessionSecret(options)).toThrow(expect.objectContaining({ code: 'CAPSTAN_CONFIG_INVALID' }));
});
