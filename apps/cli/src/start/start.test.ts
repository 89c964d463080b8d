import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CliIo } from '../cli-io.ts';
import { type ExampleFolder, exampleFolder, TOKEN_VARIABLE } from '../example-folder.test.support.ts';
import { type FakeIo, fakeIo } from '../fake-io.test.support.ts';
import { runCli } from '../run-cli.ts';

const runs: { readonly fake: FakeIo; readonly exit: Promise<number> }[] = [];
let folder: ExampleFolder;

beforeEach(() => {
  folder = exampleFolder();
});

afterEach(async () => {
  for (const { fake, exit } of runs.splice(0)) {
    fake.signal('SIGTERM');
    await exit;
  }
  folder.remove();
});

function launch(argv: readonly string[], io: Partial<CliIo> = {}): { fake: FakeIo; exit: Promise<number> } {
  const fake = fakeIo({ argv, cwd: folder.path, env: { CI_KEY: 'key-of-the-build' }, ...io });
  const run = { fake, exit: runCli(fake.io) };
  runs.push(run);
  return run;
}

/** Starts a server on a free port and resolves when it has said so. */
async function start(
  flags: readonly string[] = [],
  io: Partial<CliIo> = {},
): Promise<{ fake: FakeIo; exit: Promise<number>; said: string }> {
  const run = launch(['start', '--port', '0', ...flags], io);
  const ended = run.exit.then((code) => Promise.reject(new Error(`exit ${code}: ${run.fake.stderr()}`)));
  const said = run.fake.untilStdout(/Ctrl-C stops it|^\{.*\}\n$/u);
  return { ...run, said: await Promise.race([said, ended]) };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

interface Summary {
  readonly url: string;
  readonly example_url?: string;
  readonly keys: { readonly admin: string; readonly agent: string };
  readonly packs: readonly { readonly code: string; readonly state: { readonly kind: string } }[];
}

async function startForProgram(
  flags: readonly string[] = [],
  io: Partial<CliIo> = {},
): Promise<{ fake: FakeIo; exit: Promise<number>; summary: Summary }> {
  const { said, ...run } = await start(['--json', ...flags], io);
  const summary: Summary = JSON.parse(said);
  return { ...run, summary };
}

test('everything that a person needs is on the first screen', async () => {
  const { said } = await start(['--with-example']);
  expect(said).toMatch(/● Capstan is running at http:\/\/127\.0\.0\.1:\d+\n/u);
  expect(said).toContain('Packs  2 tools in workspace default');
  expect(said).toMatch(/✓ notes {2}ready {9}2 tools/u);
  expect(said).toMatch(/MCP {8}http:\/\/127\.0\.0\.1:\d+\/mcp\n/u);
  expect(said).toMatch(/REST {7}http:\/\/127\.0\.0\.1:\d+\/v1\/workspaces\/default\n/u);
  expect(said).toMatch(/Docs {7}http:\/\/127\.0\.0\.1:\d+\/docs\n/u);
  expect(said).toMatch(/Admin key {2}cap_\w{60}\nAgent key {2}cap_\w{60} /u);
  expect(said).toContain('"mcpServers": {');
  expect(said).toMatch(/^ {2}\{"mcpServers":\{"capstan":\{"command":/mu);
});

test('the curl line works as it is printed', async () => {
  const { said } = await start(['--with-example']);
  const line = said.split('\n').find((text) => text.startsWith('curl ')) ?? 'false';
  const { stdout } = await promisify(execFile)('sh', ['-c', line]);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'succeeded', result: { title: "It's here" } });
});

test('a pack that needs config says which key, what for, and where to set it', async () => {
  const { said } = await start();
  expect(said).toMatch(/! notes {2}needs config {2}2 tools/u);
  expect(said).toContain('    base_url');
  expect(said).toContain('    api_token (secret): What opens the service.');
  expect(said).toMatch(/^ {6}.*capstan\.yaml/mu);
});

test('without settings it says how to begin', async () => {
  rmSync(join(folder.path, 'capstan.yaml'));
  const { said } = await start();
  expect(said).toContain('no packs yet');
});

test('settings that changed under a running server are told where they explain something', async () => {
  const started = await startForProgram();
  const later = new Date(Date.now() + 10_000);
  utimesSync(join(folder.path, 'capstan.yaml'), later, later);
  const packs = launch(['pack', 'list']);
  expect(await packs.exit).toBe(0);
  expect(packs.fake.stderr()).toContain('! capstan.yaml changed since the server read it; run "capstan apply"');
  const tool = launch(['tool', 'describe', 'brand_new']);
  expect(await tool.exit).toBe(3);
  expect(tool.fake.stderr()).toContain('hint: capstan.yaml changed since the server read it; run "capstan apply". ');
  started.fake.signal('SIGINT');
});

test('a server that listens everywhere says so, and where it is reached', async () => {
  const { said, fake } = await start(['--host', '0.0.0.0']);
  expect(fake.stderr()).toMatch(/warning: .*every network.*server\.allowed_hosts/u);
  expect(said).toMatch(/Capstan is running at http:\/\/127\.0\.0\.1:\d+/u);
});

test('the keys are for the owner alone, and in no log and no audit record', async () => {
  const { fake, exit, summary } = await startForProgram(['--with-example', '--debug']);
  const authorization = `Bearer ${summary.keys.agent}`;
  const call = await fetch(`${summary.url}/v1/workspaces/default/tools/wp_list_posts/invoke`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: '{"arguments":{}}',
  });
  expect(call.status).toBe(200);
  fake.signal('SIGINT');
  expect(await exit).toBe(0);
  expect(statSync(join(folder.data, 'keys.json')).mode & 0o777).toBe(0o600);
  expect(fake.stderr()).toContain('→ POST http://127.0.0.1');
  const entries = readdirSync(folder.data, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== 'keys.json');
  expect(files.length).toBeGreaterThan(0);
  const written = [fake.stderr(), ...files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))];
  for (const text of written) {
    expect(text).not.toContain(summary.keys.admin);
    expect(text).not.toContain(summary.keys.agent);
    expect(text).not.toMatch(/cap_\w{10}_\w{20}|key-of-the-build/u);
  }
});

test('keys of the settings open their workspace', async () => {
  const { summary } = await startForProgram();
  const list = (workspace: string): Promise<Response> =>
    fetch(`${summary.url}/v1/workspaces/${workspace}/tools`, { headers: { authorization: 'Bearer key-of-the-build' } });
  expect((await list('support')).status).toBe(200);
  expect((await list('default')).status).toBe(404);
});

test('a key of the settings that leads nowhere starts nothing', async () => {
  const { fake, exit } = launch(['start', '--port', '0'], { env: {} });
  expect(await exit).toBe(5);
  expect(fake.stderr()).toMatch(/^error CAPSTAN_UNRESOLVED_REFERENCE: capstan\.yaml:\d+:\d+: keys\.ci\.value/u);
});

test('the first signal drains and exits 0; the port and the data folder are free again', async () => {
  const first = await startForProgram();
  first.fake.signal('SIGINT');
  expect(await first.exit).toBe(0);
  await expect(fetch(`${first.summary.url}/healthz`)).rejects.toThrow();
  expect(readdirSync(folder.data)).not.toContain('server.json');
  await startForProgram();
});

test('a second start on the same data folder is refused by name', async () => {
  await startForProgram();
  const second = launch(['start', '--port', '0']);
  expect(await second.exit).toBe(2);
  expect(second.fake.stderr()).toContain(`error CAPSTAN_CONFLICT: the data folder ${folder.data}`);
  expect(second.fake.stderr()).toContain(String(process.pid));
});

test('a taken port is an error that names it, and gives the data folder back', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const port = portOf(squatter);
  const { fake, exit } = launch(['start'], { env: { CI_KEY: 'key-of-the-build', PORT: String(port) } });
  expect(await exit).toBe(2);
  expect(fake.stderr()).toContain(`error CAPSTAN_CONFLICT: port ${port} on 127.0.0.1 is taken`);
  squatter.close();
  await startForProgram();
});

test.each(['eighty', '-1', '65536', '1e3'])('%s is no port', async (text) => {
  const { fake, exit } = launch(['start', `--port=${text}`]);
  expect(await exit).toBe(2);
  expect(fake.stderr()).toContain(`--port '${text}' is no port`);
});

test('other commands find the server and go through it', async () => {
  const { summary } = await startForProgram(['--with-example']);
  const call = launch(['tool', 'call', 'wp_publish_post', '--arg', 'title=A', '--arg', 'content=B', '--debug']);
  expect(await call.exit).toBe(0);
  expect(JSON.parse(call.fake.stdout())).toMatchObject({ title: 'A' });
  expect(call.fake.stderr()).toContain(`server ${summary.url}`);
  const packs = launch(['pack', 'list']);
  expect(await packs.exit).toBe(0);
  expect(packs.fake.stdout()).toMatch(/✓ notes +1\.0\.0 +ready +yes +2/u);
});

test('a pack is enabled and disabled in a workspace of the running server', async () => {
  await startForProgram(['--with-example']);
  const enable = launch(['pack', 'enable', 'notes', '-w', 'support', '--json']);
  expect(await enable.exit).toBe(0);
  expect(JSON.parse(enable.fake.stdout())).toMatchObject({ code: 'notes', enabled: true });
  const tools = launch(['tool', 'list', '-w', 'support', '--json']);
  await tools.exit;
  expect(JSON.parse(tools.fake.stdout()).items).toHaveLength(2);
  const disable = launch(['pack', 'disable', 'notes', '-w', 'support']);
  expect(await disable.exit).toBe(0);
  expect(disable.fake.stdout()).toContain('notes is disabled in workspace support');
});

test('without a server, what was enabled is kept for the next run', async () => {
  expect(await launch(['pack', 'enable', 'notes', '-w', 'support']).exit).toBe(0);
  const tools = launch(['tool', 'list', '-w', 'support', '--json']);
  await tools.exit;
  expect(JSON.parse(tools.fake.stdout()).items).toHaveLength(2);
});

test('config explain is the same in process and over a server, and shows no secret', async () => {
  const env = {
    CI_KEY: 'key-of-the-build-of-the-test',
    EXAMPLE_REMOTE_BASE_URL: 'http://127.0.0.1:1',
    [TOKEN_VARIABLE]: 'secret-token-of-the-test',
  };
  const inProcess = launch(['config', 'explain', 'notes'], { env });
  expect(await inProcess.exit).toBe(0);
  expect(inProcess.fake.stdout()).toMatch(/base_url +http:\/\/127\.0\.0\.1:1 +environment +.*EXAMPLE_REMOTE_BASE_URL/u);
  expect(inProcess.fake.stdout()).not.toContain('secret-token');
  await startForProgram(['--with-example']);
  const served = launch(['config', 'explain', 'notes'], { env });
  expect(await served.exit).toBe(0);
  expect(served.fake.stdout().split('\n')[0]).toBe(inProcess.fake.stdout().split('\n')[0]);
});

test('a dead example service shows in the status before a call fails', async () => {
  const { summary } = await startForProgram(['--with-example']);
  const status = async () => {
    const fake = fakeIo({ argv: ['status', '--url', summary.url, '--key', summary.keys.admin], cwd: folder.path });
    return { code: await runCli(fake.io), out: fake.stdout() };
  };
  expect(await status()).toMatchObject({ code: 0 });
  process.kill(await exampleProcess(), 'SIGKILL');
  await expect
    .poll(status)
    .toMatchObject({ code: 9, out: expect.stringMatching(/unavailable since .*\n.*Nothing listens there|hint/su) });
});

/** The child of this process that runs the example service. */
async function exampleProcess(): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-Ao', 'pid=,ppid=,args=']);
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/u));
  const own = rows.find(
    ([, parent, ...words]) => parent === String(process.pid) && /example-child/u.test(words.join(' ')),
  );
  return Number(own?.[0]);
}

// The last one: a server that ends at once leaves its engine for workflows in this process, which has one at most.
test('a second signal does not wait for what is under way', async () => {
  const called = Promise.withResolvers<void>();
  const held = createHttpServer(() => called.resolve()).listen(0, '127.0.0.1');
  await once(held, 'listening');
  const env = {
    CI_KEY: 'key-of-the-build-of-the-test',
    EXAMPLE_REMOTE_BASE_URL: `http://127.0.0.1:${portOf(held)}`,
    [TOKEN_VARIABLE]: 'token',
  };
  const { fake, exit, summary } = await startForProgram([], { env });
  const call = fetch(`${summary.url}/v1/workspaces/default/tools/wp_list_posts/invoke`, {
    method: 'POST',
    headers: { authorization: `Bearer ${summary.keys.agent}`, 'content-type': 'application/json' },
    body: '{"arguments":{}}',
  });
  await called.promise;
  fake.signal('SIGINT');
  fake.signal('SIGINT');
  expect(await exit).toBe(130);
  held.closeAllConnections();
  held.close();
  await (await call).arrayBuffer();
});
