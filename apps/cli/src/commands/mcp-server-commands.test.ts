import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fakeIo } from '../fake-io.test.support.ts';
import { runCli } from '../run-cli.ts';

const EVERYTHING = createRequire(import.meta.url).resolve('@modelcontextprotocol/server-everything/dist/index.js');

test('a server that is added is there for the next command, until it is removed', async () => {
  const run = inFolder();
  const added = await run('mcp', 'add', 'everything', '--env', 'OWN=1', '--', process.execPath, EVERYTHING);
  expect(added).toMatchObject({ code: 0, err: '' });
  expect(added.out).toMatch(/everything is added to workspace default[\s\S]*✓ everything {2}ready/u);
  expect(await run('tool', 'call', 'echo', '--arg', 'message=hi')).toEqual({ code: 0, out: 'Echo: hi\n', err: '' });
  const listed = JSON.parse((await run('mcp', 'list', '--json')).out);
  expect(listed).toMatchObject({ items: [{ name: 'everything', transport: 'stdio', state: { kind: 'ready' } }] });
  expect((await run('mcp', 'remove', 'everything')).out).toBe('everything is removed from workspace default\n');
  expect((await run('mcp', 'list')).out).toMatch(/^no MCP servers yet/u);
});

test('--url of mcp add is the MCP server, and a wrong one is told with its reason', async () => {
  const run = inFolder();
  const { code, out } = await run(
    'mcp',
    'add',
    'far',
    '--url',
    'http://127.0.0.1:9/mcp',
    '--token',
    '${FAR}',
    '--json',
  );
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ name: 'far', transport: 'http', state: { kind: 'degraded' } });
  const state = JSON.parse(readFileSync(join(run.folder, '.capstan/state.json'), 'utf8'));
  expect(state.mcp_servers).toEqual({ default: { far: { url: 'http://127.0.0.1:9/mcp', token: '${FAR}' } } });
});

test('the file of another client is imported, and what was left out is said', async () => {
  const run = inFolder();
  const file = join(run.folder, 'claude.json');
  const mcpServers = { ok: { command: process.execPath, args: [EVERYTHING] }, broken: {} };
  writeFileSync(file, JSON.stringify({ mcpServers }));
  const { code, out, err } = await run('mcp', 'import', file);
  expect([code, err]).toEqual([0, expect.stringContaining('broken: left out')]);
  expect(out).toContain('✓ ok');
});

test('a name that is no name and a pair that is none are refused', async () => {
  const run = inFolder();
  expect(await run('mcp', 'add', 'no name', '--', 'true')).toMatchObject({ code: 2 });
  expect(await run('mcp', 'add', 'x', '--env', 'OWN', '--', 'true')).toMatchObject({ code: 2 });
});

interface Run {
  (...argv: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }>;
  readonly folder: string;
}

function inFolder(): Run {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-mcp-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const run = async (...argv: readonly string[]) => {
    const fake = fakeIo({ argv, cwd: folder, env: { PATH: process.env.PATH } });
    const code = await runCli(fake.io);
    return { code, out: fake.stdout(), err: fake.stderr() };
  };
  return Object.assign(run, { folder });
}
