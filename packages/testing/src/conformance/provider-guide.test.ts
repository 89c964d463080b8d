import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTestHost } from '../test-host.ts';
import { renderTable } from './render-table.ts';
import { verifyContract } from './verify-contract.ts';

const DOCS = new URL('../../../../docs/', import.meta.url);
const EXAMPLES = new URL('examples/provider/', DOCS);
const TOKEN = 'a-token-of-the-test';
const PYTHON = 'python3';

const guide = readFileSync(new URL('provider-guide.md', DOCS), 'utf8');
const hasPython = spawnSync(PYTHON, ['--version']).status === 0;

/** Starts a server of the guide on a free port; its URL, which it prints. */
async function started(program: string, file: string): Promise<string> {
  const child = spawn(program, [fileURLToPath(new URL(file, EXAMPLES))], {
    env: { TOKEN, PORT: '0' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => stopped(child));
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error(`${file} has printed nothing`);
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

async function expectConforming(url: string): Promise<void> {
  const report = await verifyContract({ url, token: TOKEN, tool: 'greet.say_hello', sample: { name: 'Ada' } });
  const failures = report.results.filter(({ verdict }) => verdict.status === 'failed');
  expect(failures, renderTable(report)).toEqual([]);
  const musts = report.results
    .filter(({ level }) => level === 'must')
    .map(({ id, verdict }) => `${id} ${verdict.status}`);
  // Which parameters are required is something that only discovery tells.
  expect(musts.filter((each) => !each.endsWith(' passed'))).toEqual(['CONTRACT-BODY-4 skipped']);
  expect(report.conclusion).toBe('conforms');
}

describe('a server of the provider guide', () => {
  it('conforms, in plain Node', async () => {
    await expectConforming(await started(process.execPath, 'server.mjs'));
  });

  it("conforms, with Python's standard library", async () => {
    if (!hasPython) {
      process.stdout.write('not run: this machine has no python3\n');
      return;
    }
    await expectConforming(await started(PYTHON, 'server.py'));
  });

  it('is called by a host through the manifest of the guide', async () => {
    const url = await started(process.execPath, 'server.mjs');
    const folder = mkdtempSync(join(tmpdir(), 'greetings-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'manifest.yaml'), /```yaml\n([\s\S]*?)```/.exec(guide)?.[1] ?? '');
    const host = await createTestHost({
      packs: { greetings: folder },
      config: { greetings: { base_url: url, api_token: TOKEN } },
    });
    onTestFinished(() => host.close());
    const outcome = await host.invoke({ tool: 'greet_say_hello', arguments: { name: 'Ada' } });
    expect(outcome).toMatchObject({ status: 'succeeded', result: { value: { greeting: 'Hello, Ada!' } } });
  });

  it.each(['server.mjs', 'server.py'])('stands in the guide as it is: %s', (file) => {
    expect(guide).toContain(readFileSync(new URL(file, EXAMPLES), 'utf8'));
  });
});
