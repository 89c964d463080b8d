import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeKeeper } from '@capstan/host';
import { createMemoryStore, createVault, readMasterKeys } from '@capstan/store';
import { expect, onTestFinished, test } from 'vitest';
import { enablementFile } from '../data-folder/enablement-file.ts';
import { importEnablement } from './import-enablement.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };

function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-import-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const store = createMemoryStore();
  const vault = createVault({ store, masterKeys: readMasterKeys(Buffer.from(`${'k'.repeat(31)}e`).toString('hex')) });
  const path = join(folder, 'state.json');
  const run = () =>
    importEnablement({ keeper: storeKeeper({ store, vault, logger }), enablement: enablementFile(path), path, now: 5 });
  return { store, path, run };
}

test('what was enabled while no server ran is in the store once, and the file is moved away', async () => {
  const { store, path, run } = setUp();
  enablementFile(path).save({
    workspaces: { default: { line: { environment: ['LINE_TOKEN'] } } },
    mcpServers: {
      default: { docs: { url: 'https://docs.example.com/mcp', auth_token: 'canary', headers: { x: 'canary' } } },
    },
    names: { default: { 'line.send': 'send' } },
  });
  await run();
  const { enablements, mcpServers, names, revision } = await store.snapshot();
  expect(enablements).toEqual([
    { workspace: 'default', pack: 'line', environment: ['LINE_TOKEN'], enabledAt: 5, enabledBy: 'system:import' },
  ]);
  expect(names).toEqual([{ workspace: 'default', toolId: 'line.send', name: 'send' }]);
  expect(mcpServers.map(({ name }) => name)).toEqual(['docs']);
  expect(JSON.stringify(mcpServers)).not.toContain('canary');
  expect([existsSync(path), existsSync(`${path}.imported`)]).toEqual([false, true]);
  await run();
  expect(await store.revision()).toBe(revision);
});

test('a damaged file is told and stays where it is', async () => {
  const { path, run } = setUp();
  writeFileSync(path, 'not json');
  await expect(run()).rejects.toMatchObject({ code: 'CAPSTAN_CONFIG_INVALID' });
  expect(existsSync(path)).toBe(true);
});
