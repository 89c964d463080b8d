import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { enablementFile } from './enablement-file.ts';

test('what was recorded is there after a restart: packs, MCP servers and names', () => {
  const path = join(folder(), 'enablement.json');
  const state = {
    workspaces: { default: { line: { environment: ['LINE_TOKEN'] } } },
    mcpServers: { default: { docs: { url: 'https://docs.example.com/mcp' } } },
    names: { default: { 'line.send': 'send', 'mail.send': 'mail_send' } },
  };
  expect(enablementFile(path).load()).toEqual({ workspaces: {} });
  enablementFile(path).save(state);
  expect(enablementFile(path).load()).toEqual(state);
});

test('names that are none are forgotten, and given anew', () => {
  const path = join(folder(), 'enablement.json');
  const names = { default: { 'a.b': 'fine', 'a.c': 'not fine', 'a.d': 5, 'a.e': 'x'.repeat(46) }, other: 'none' };
  writeFileSync(path, JSON.stringify({ version: 1, workspaces: {}, names }));
  expect(enablementFile(path).load().names).toEqual({ default: { 'a.b': 'fine' }, other: {} });
  expect(readFileSync(path, 'utf8')).toContain('not fine');
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'capstan-enablement-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
