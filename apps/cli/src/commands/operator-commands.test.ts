import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startExampleService } from '@capstan/example-remote-service';
import { createHost, type Host } from '@capstan/host';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createHostBackend } from '../backend/host-backend.ts';
import { type ExampleFolder, exampleFolder } from '../example-folder.test.support.ts';
import { fakeIo } from '../fake-io.test.support.ts';
import { runCli } from '../run-cli.ts';

type Service = Awaited<ReturnType<typeof startExampleService>>;

let folder: ExampleFolder;
let service: Service;
let host: Host | undefined;

beforeEach(async () => {
  folder = exampleFolder();
  service = await startExampleService({ stepMs: 2 });
});

afterEach(async () => {
  await host?.close({ timeoutMs: 100 });
  host = undefined;
  await service.kill();
  folder.remove();
});

async function openHost(token: string = service.token): Promise<Host> {
  const environment = { EXAMPLE_REMOTE_BASE_URL: service.url, EXAMPLE_REMOTE_API_TOKEN: token };
  host = await createHost({ config: join(folder.path, 'capstan.yaml'), environment });
  return host;
}

async function run(...argv: readonly string[]) {
  const fake = fakeIo({ argv, cwd: folder.path });
  const principal = { id: 'system:cli', roles: ['admin'], permissions: [] };
  const code = await runCli(fake.io, async () =>
    createHostBackend({ host: host ?? (await openHost()), principal, surface: 'cli', close: async () => {} }),
  );
  return { code, out: fake.stdout(), err: fake.stderr() };
}

describe('capstan connection test', () => {
  test('shows each step and that it works, exit code 0', async () => {
    await openHost();
    const { code, out } = await run('connection', 'test', 'system.notes.wp');
    expect(code).toBe(0);
    expect(out).toMatch(/✓ {2}auth .*\n✓ {2}contract/u);
    expect(out).toContain('✓ connected');
    const list = await run('connection', 'list');
    expect(list.out).toMatch(/system\.notes\.wp .* connected +\d{4}-/u);
  });

  test('says where it ends, why and what to do, with the exit code of the error', async () => {
    await openHost('the-wrong-token');
    const { code, out } = await run('connection', 'test', 'system.notes.wp');
    expect(code).toBe(6);
    expect(out).toMatch(/✗ {2}auth/u);
    expect(out).toContain('✗ needs reauth: it ends at auth (credentials_refused)');
    expect(out).toMatch(/hint: Renew the credentials/u);
    const list = await run('connection', 'list');
    expect(list.out).toContain('system.notes.wp: the service refused the credentials of type bearer (401).');
    expect(`${out}${list.out}`).not.toContain('the-wrong-token');
  });

  test('gives the whole report to programs', async () => {
    await openHost();
    await service.kill();
    const { code, out } = await run('connection', 'test', 'system.notes.wp', '--json');
    expect(code).toBe(6);
    expect(JSON.parse(out)).toMatchObject({
      connection: 'system.notes.wp',
      ok: false,
      status: 'unavailable',
      steps: [
        { name: 'config' },
        { name: 'dns' },
        { name: 'tcp', reason: 'refused', error: { hint: /./u } },
        {},
        {},
        {},
        {},
      ],
    });
  });

  test('of one that is not there exits 3', async () => {
    await openHost();
    expect(await run('connection', 'test', 'nope')).toMatchObject({ code: 3, out: '' });
  });

  test('an account is authorized only where a server runs', async () => {
    await openHost();
    const { code, err } = await run('connection', 'authorize', 'system.notes.wp');
    expect(code).toBe(2);
    expect(err).toContain('capstan start');
  });
});

describe('capstan status', () => {
  test('says in one line that nothing is broken, exit code 0', async () => {
    await openHost();
    const { code, out } = await run('status');
    expect([code, out]).toEqual([
      0,
      '✓ nothing is known to be broken in workspace default (in process): 1 pack, 1 connection, 0 endpoints\n',
    ]);
  });

  test('during an outage says what is broken, since when, and what is done about it', async () => {
    const running = await openHost();
    await service.kill();
    for (let calls = 0; calls < 3; calls += 1) await running.invoke({ tool: 'notes.wp.list_posts' });
    await running.testConnection('system.notes.wp');
    const { code, out } = await run('status');
    expect(code).toBe(9);
    expect(out).toMatch(
      /^✗ broken in workspace default \(in process\): 1 of 1 endpoint, 1 of 1 pack, 1 of 1 connection\n/u,
    );
    expect(out).toMatch(/endpoints\n {2}✗ http:\S+ \(notes\) {2}left alone since \S+ \(\d+ s ago\)\n/u);
    expect(out).toMatch(
      /CAPSTAN_REMOTE_UNREACHABLE; calls fail at once; the next one tries it out at \S+ \(in \d+ s\)\n/u,
    );
    expect(out).toMatch(/packs\n {2}! notes {2}degraded\n/u);
    expect(out).toMatch(/connections\n {2}✗ system\.notes\.wp {2}unavailable since /u);
    const { out: json } = await run('status', '-o', 'json');
    expect(JSON.parse(json)).toMatchObject({
      healthy: false,
      circuits: [{ endpoint: service.url, state: 'open', reason: 'CAPSTAN_REMOTE_UNREACHABLE' }],
      packs: [{ code: 'notes' }],
      connections: [{ status: 'unavailable' }],
    });
  });

  test('exits 5 where something only waits for a person', async () => {
    host = await createHost({ config: join(folder.path, 'capstan.yaml'), environment: {} });
    const { code, out } = await run('status');
    expect(code).toBe(5);
    expect(out).toMatch(/! notes {2}needs config\n {6}base_url/u);
  });
});

describe('capstan contract verify', () => {
  test('proves that the example service conforms, on screen, as JSON and as JUnit', async () => {
    const { code, out } = await run(
      'contract',
      'verify',
      service.url,
      '--token',
      service.token,
      '--junit',
      'report.xml',
    );
    expect([code, out.trimEnd().split('\n').at(-1)]).toEqual([
      0,
      expect.stringContaining('the service conforms to the contract.'),
    ]);
    expect(readFileSync(join(folder.path, 'report.xml'), 'utf8')).toMatch(/^<\?xml [\s\S]*failures="0"/u);
  });

  test('fails one that does not, with exit code 6', async () => {
    folder.write('sample.json', '{"to":"U1","messages":[{"type":"text","text":"hi"}]}');
    const options = ['--token', 'wrong', '--tool', 'line.send_message', '--sample', 'sample.json', '--json'];
    const { code, out } = await run('contract', 'verify', service.url, ...options);
    expect(code).toBe(6);
    expect(JSON.parse(out)).toMatchObject({ conclusion: 'violates', tool: 'line.send_message' });
    expect(existsSync(join(folder.path, 'report.xml'))).toBe(false);
  });

  test('a sample that is not there, and one without its tool, are wrong usage', async () => {
    expect((await run('contract', 'verify', service.url, '--tool', 'x.y', '--sample', 'nope.json')).code).toBe(2);
    folder.write('sample.json', '{}');
    expect((await run('contract', 'verify', service.url, '--sample', 'sample.json')).code).toBe(2);
  });
});
