import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createHost, loadHostSettings } from '@capstan/host';
import { createLog, startServer } from '@capstan/server';
import { createMemoryStore, createVault, readMasterKeys, type SecretVault } from '@capstan/store';
import { expect, onTestFinished, test } from 'vitest';
import { fakeIo } from '../fake-io.test.support.ts';
import { runCli } from '../run-cli.ts';

const KEY = 'cap_admin_of-the-tests';
const SECRET = 'c4nary-of-the-command-line';

const MANIFEST = `code: line_pack
display_name: "LINE"
version: "1.2.0"
description: "Messages."
config:
  schema:
    - { name: base_url, type: string, required: true }
    - { name: timeout, type: integer }
    - { name: api_token, type: string, secret: true }
tools:
  - name: line.send_message
    description: "Sends a message."
    remote: { tool_type: line, action: send_message }
`;

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function vaultWithSecret(): Promise<SecretVault> {
  const store = createMemoryStore();
  const vault = createVault({ store, masterKeys: readMasterKeys(randomBytes(32).toString('hex')) });
  const place = { workspace: 'default', name: 'config/line_pack/api_token' };
  await store.change((writer) => vault.put(writer, place, SECRET, { setAt: 0, setBy: 'key:admin' }));
  return vault;
}

/** Runs a command against the server of a test. */
interface CommandLine {
  (line: string, stdin?: string): Promise<Run>;
  /** Replaces its `capstan.yaml`. */
  readonly write: (text: string) => void;
}

/** Runs commands against a server of their own. */
async function commandLine(): Promise<CommandLine> {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-cli-'));
  mkdirSync(join(folder, 'packs', 'line'), { recursive: true });
  writeFileSync(join(folder, 'packs', 'line', 'manifest.yaml'), MANIFEST);
  writeFileSync(join(folder, 'token'), `${SECRET}\n`);
  const config = join(folder, 'capstan.yaml');
  writeFileSync(config, 'version: 1\ndiscover: [./packs/*]\nworkspaces: { default: { packs: [line_pack] } }\n');
  const host = await createHost({ config, environment: {} });
  const server = await startServer({
    host,
    keys: [{ name: 'admin', role: 'admin', value: KEY }],
    vault: await vaultWithSecret(),
    listen: { port: 0 },
    settingsFile: { path: config, load: () => loadHostSettings(config) },
    log: createLog({ level: 'silent' }),
  });
  onTestFinished(async () => {
    await server.close({ timeoutMs: 100 });
    await host.close({ timeoutMs: 100 });
    rmSync(folder, { recursive: true });
  });
  const run = async (line: string, stdin = ''): Promise<Run> => {
    const io = fakeIo({
      argv: line.split(' '),
      cwd: folder,
      env: { CAPSTAN_URL: server.url, CAPSTAN_KEY: KEY },
      stdin: Readable.from([stdin]),
    });
    const code = await runCli(io.io);
    return { code, out: io.stdout(), err: io.stderr() };
  };
  return Object.assign(run, { write: (text: string) => writeFileSync(config, text) });
}

test('a workspace is made, and deleted with what is in it only when that was said', async () => {
  const run = await commandLine();
  expect(await run('workspace create support --name Support')).toMatchObject({
    code: 0,
    out: 'workspace support is made\n\nnext: capstan pack enable CODE -w support\n',
  });
  await run('connection add main -w support --pack line_pack --type line');
  await run('key create helper -w support');
  const listed = await run('workspace list');
  expect(listed.out).toMatch(/^support +Support +0 +1 +0 +key:admin, 2/m);
  expect(listed.out).toMatch(/^default +1 +0 +0 +\S+capstan\.yaml:3/m);
  const refused = await run('workspace delete support');
  expect(refused).toMatchObject({ code: 2, out: '' });
  expect(refused.err).toContain('has 1 connection (main), 1 API key (helper), which would go with it');
  expect(refused.err).toContain('capstan workspace delete support --yes');
  expect(await run('workspace delete support --yes')).toMatchObject({ code: 0, out: 'workspace support is deleted\n' });
  const owned = await run('workspace delete default');
  expect(owned).toMatchObject({ code: 2 });
  expect(owned.err).toContain('capstan.yaml:3:');
});

test('a connection is added, updated, shown and removed, and its secret is not shown', async () => {
  const run = await commandLine();
  const added = await run(
    'connection add main --pack line_pack --type line --url http://127.0.0.1:9 --set config.timeout=7 --secret-from-stdin auth.token',
    `${SECRET}\n`,
  );
  expect(added.code).toBe(0);
  expect(added.out).toContain('auth.token: ●●●●');
  expect(added.out).toContain('next: capstan connection test main');
  const updated = await run(
    'connection update main --set name=first --unset config.timeout --secret-file config.api_token=token -o json',
  );
  expect(JSON.parse(updated.out)).toMatchObject({
    definition: { name: 'first', config: {}, auth: { type: 'bearer' } },
    secrets: ['/config/api_token', '/auth/token'],
  });
  const shown = await run('connection show main');
  expect(shown.out).toContain('remote_cluster_url: http://127.0.0.1:9');
  expect([added, updated, shown].map(({ out, err }) => out + err).join('')).not.toContain(SECRET);
  expect(await run('connection remove main')).toMatchObject({
    out: 'connection main is deleted from workspace default\n',
  });
  expect((await run('connection show main')).code).toBe(3);
});

test('wrong fields of a connection are told all at once, and nothing is made', async () => {
  const run = await commandLine();
  const wrong = await run('connection add main --pack line_pack --type lne --set nmae=x');
  expect(wrong.code).toBe(2);
  expect(wrong.err).toContain("'nmae'");
  expect((await run('connection add x --pack line_pack --type line --set novalue')).err).toContain('needs a field');
  expect((await run('connection show main')).code).toBe(3);
});

test('config is set by the type that the pack gives the key, listed and unset', async () => {
  const run = await commandLine();
  expect(await run('config set line_pack timeout 10 -w default')).toMatchObject({
    code: 0,
    out: 'timeout of line_pack is set in workspace default\n',
  });
  expect((await run('config set line_pack api_token --file token')).out).toBe(
    'api_token of line_pack is set in all workspaces\n',
  );
  expect((await run('config set line_pack base_url --secret-from-stdin', 'http://x')).err).toContain(
    'no secret of the pack',
  );
  const listed = await run('config list -w default');
  expect(listed.out).toMatch(/^line_pack +timeout +10 +default +key:admin/m);
  expect(listed.out).toMatch(/^line_pack +api_token +●●●● +all/m);
  expect((await run('config explain line_pack')).out).toContain('config of workspace default (set by key:admin at ');
  expect((await run('config set line_pack timeout soon')).code).toBe(2);
  expect((await run('config set line_pack timeout')).code).toBe(2);
  expect((await run('config unset line_pack timeout -w default')).code).toBe(0);
  expect((await run('config unset line_pack timeout -w default')).code).toBe(3);
});

test('a key is shown once, alone on stdout, and revoked by its name', async () => {
  const run = await commandLine();
  const made = await run('key create helper -w default --expires 90d');
  expect(made.out).toMatch(/^cap_\S+\n$/);
  expect(made.err).toContain('agent of workspace default, until 2');
  const listed = await run('key list');
  expect(listed.out).toMatch(/^helper +\S+ +agent +default +active/m);
  expect(listed.out).not.toContain(made.out.trim());
  expect((await run('key revoke helper')).out).toBe('key helper is revoked\n');
  expect((await run('key list')).out).toMatch(/^helper .* revoked/m);
  expect((await run('key create helper --expires soon')).code).toBe(2);
  expect((await run('key revoke nobody')).code).toBe(3);
});

test('without a server nothing is taken that nobody would keep', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const io = fakeIo({ argv: ['workspace', 'create', 'support'], cwd: folder });
  expect(await runCli(io.io)).toBe(2);
  expect(io.stderr()).toContain('no server runs that would keep this');
});

test('secrets are listed without their values, and encrypted anew', async () => {
  const run = await commandLine();
  const listed = await run('secret list');
  expect(listed.out).toMatch(/^config\/line_pack\/api_token +default +here +1970-01-01T00:00:00.000Z +key:admin/m);
  expect(listed.out).not.toContain(SECRET);
  expect((await run('secret rotate -w default')).out).toBe('1 secret of workspace default encrypted anew\n');
  expect((await run('secret rotate --host')).out).toBe('0 secrets of the host encrypted anew\n');
  expect((await run('secret rotate -w nowhere')).code).toBe(3);
});

test('apply shows what the file says otherwise, makes it, and then has nothing to do', async () => {
  const run = await commandLine();
  expect(await run('apply --plan')).toMatchObject({ code: 0, out: 'capstan.yaml: nothing to change\n' });
  run.write(`version: 1
discover: [./packs/*]
packs: { line_pack: { config: { timeout: 9, api_token: ${SECRET} } } }
workspaces:
  default: { packs: [line_pack] }
  support:
    packs: [line_pack]
    connections: [{ id: main, pack: line_pack, tool_type: line, auth: { type: bearer, token: ${SECRET} } }]
server: { port: 7999 }
`);
  const planned = await run('apply --plan');
  expect(planned.code).toBe(2);
  expect(planned.out).toBe(`capstan.yaml: 2 changes, not made yet

+ packs: {"line_pack":{"config":{"timeout":9,"api_token":"●●●●"}}}
+ workspaces.support: {"packs":["line_pack"],"connections":[{"id":"main","pack":"line_pack","tool_type":"line","auth":{"type":"bearer","token":"●●●●"}}]}

needs a restart of the server:
+ server: {"port":7999}
`);
  expect((await run('apply')).out).toContain('capstan.yaml: 2 changes, made\n');
  expect((await run('workspace list')).out).toMatch(/^support +1 +1 /m);
  const again = await run('apply -o json');
  expect(JSON.parse(again.out)).toMatchObject({ applied: true, changes: [], restart: [{ path: 'server' }] });
  run.write('version: 1\nworkspaces: { default: { paks: [] } }\n');
  const wrong = await run('apply');
  expect(wrong.code).toBe(5);
  expect(wrong.err).toContain('capstan.yaml:2:26');
  expect((await run('workspace list')).out).toMatch(/^support /m);
  expect((await run('apply other.yaml')).err).toContain('this server runs on ');
});

test('apply without a server says whether the file is right', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const apply = async (): Promise<readonly [number, string]> => {
    const io = fakeIo({ argv: ['apply'], cwd: folder });
    return [await runCli(io.io), io.stdout() + io.stderr()];
  };
  expect((await apply())[1]).toContain('there is no capstan.yaml here');
  writeFileSync(join(folder, 'capstan.yaml'), 'version: 1\n');
  expect(await apply()).toEqual([0, expect.stringContaining('it counts from the next start')]);
  writeFileSync(join(folder, 'capstan.yaml'), 'version: 2\n');
  expect((await apply())[0]).toBe(5);
});
