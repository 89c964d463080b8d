import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ContractService, contractService, type SeenRequest } from '../test-kit/contract-service.ts';
import { hostOn } from '../test-kit/test-host.ts';
import type { ConnectionTestReport } from './report.ts';

const TOKEN = 'tok-0123456789';
const MANIFEST = `code: line_pack
display_name: Line
version: 1.0.0
description: Messages
config: { schema: [{ name: base_url, type: string, required: true }] }
tools:
  - name: line.list
    description: Lists
    annotations: { read_only: true }
    examples: [{ limit: 1 }]
    remote: { tool_type: line, action: list }
    input_schema: { type: object, properties: { limit: { type: integer } } }
  - name: line.send
    description: Sends
    examples: [{ to: U1 }]
    remote: { tool_type: line, action: send }
    input_schema: { type: object }
  - name: line.plain
    description: A declared call
    http: { method: GET, url: "\${config.base_url}/plain" }
`;

function settings(url: string, connection = `auth: { type: bearer, token: ${TOKEN} }`, more = ''): string {
  return `version: 1
discover: [./packs/*]
workspaces:
  default:
    packs: [line_pack]
    connections: [{ id: main, name: "Main line", pack: line_pack, tool_type: line, remote_cluster_url: "${url}", ${connection} }]
egress: { allow_private: [127.0.0.0/8] }
${more}`;
}

async function hostFor(url: string, connection?: string, more?: string) {
  const { host } = await hostOn({
    'capstan.yaml': settings(url, connection, more),
    'packs/line/manifest.yaml': MANIFEST,
  });
  return host;
}

/** A service as the contract has it, with parts of it changed. */
async function service(
  change: (request: SeenRequest) => { status: number; body: unknown } | undefined = () => undefined,
): Promise<ContractService> {
  const contract = await contractService();
  contract.answer((request) => {
    const changed = change(request);
    if (changed) return changed;
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return { status: 401, body: {} };
    if (request.path === '/v1/tools')
      return { status: 200, body: { tools: [{ name: 'line.list' }, { name: 'line.send' }] } };
    if (request.path === '/v1/health') return { status: 200, body: { status: 'ok' } };
    return { status: 200, body: { success: true, result: { echo: request.body } } };
  });
  return contract;
}

function shown({ steps }: ConnectionTestReport): readonly string[] {
  return steps.map((step) => `${step.name} ${step.outcome === 'failed' ? step.reason : step.outcome}`);
}

describe('a connection test', () => {
  test('walks to one harmless call, and sets the status', async () => {
    const remote = await service();
    const host = await hostFor(remote.url);
    expect(host.connections()).toMatchObject([{ id: 'main', status: 'registered_but_not_connected' }]);
    const changes: string[] = [];
    host.on('connection:state', ({ connection, status }) => changes.push(`${connection} ${status}`));
    const report = await host.testConnection('Main line');
    expect(report).toMatchObject({ connection: 'main', ok: true, status: 'connected', url: remote.url });
    expect(shown(report)).toEqual([
      'config passed',
      'dns passed',
      'tcp passed',
      'tls skipped',
      'auth passed',
      'contract passed',
      'call passed',
    ]);
    expect(remote.requests.map(({ path }) => path)).toEqual(['/v1/tools', '/v1/health', '/v1/tools/line.list']);
    expect(remote.requests[2]?.body).toMatchObject({ limit: 1 });
    expect(changes).toEqual(['main connected']);
    const [view] = host.connections();
    expect(view).toMatchObject({ status: 'connected', lastValidatedAt: report.testedAt });
    expect(view).not.toHaveProperty('validationError');
  });

  test('of a service that knows only the seed passes without discovery and health', async () => {
    const remote = await service(({ path, headers }) =>
      headers.authorization && !path.includes('line.') ? { status: 404, body: 'no' } : undefined,
    );
    const report = await (await hostFor(remote.url)).testConnection('main');
    expect(shown(report).slice(4)).toEqual(['auth passed', 'contract passed', 'call passed']);
  });

  test.each<[what: string, change: Parameters<typeof service>[0], expected: readonly string[], status: string]>([
    ['a key that is refused', () => ({ status: 401, body: {} }), ['auth credentials_refused'], 'needs_reauth'],
    [
      'a tool that is not offered',
      ({ path }) => (path === '/v1/tools' ? { status: 200, body: { tools: [{ name: 'line.list' }] } } : undefined),
      ['contract tools_missing'],
      'unavailable',
    ],
    [
      'another kind of service',
      ({ path }) => (path === '/v1/tools' ? { status: 200, body: '<html>' } : undefined),
      ['contract outside_contract'],
      'unavailable',
    ],
    [
      'a service that is not well',
      ({ path }) => (path === '/v1/health' ? { status: 503, body: {} } : undefined),
      ['contract unhealthy'],
      'unavailable',
    ],
    [
      'a tool that fails',
      ({ path }) =>
        path.includes('line.list')
          ? { status: 422, body: { success: false, error: { code: 'x', message: 'no' } } }
          : undefined,
      ['call remote_refused'],
      'unavailable',
    ],
  ])('says where it ends: %s', async (_what, change, expected, status) => {
    const host = await hostFor((await service(change)).url);
    const report = await host.testConnection('main');
    const failed = report.steps.filter(({ outcome }) => outcome === 'failed');
    expect(shown({ ...report, steps: failed })).toEqual(expected);
    expect(report).toMatchObject({ ok: false, status });
    expect(failed[0]).toMatchObject({ error: { hint: expect.stringMatching(/\w/) } });
    expect(host.connections()).toMatchObject([{ status, validationError: { message: expect.any(String) } }]);
    expect(JSON.stringify([report, host.connections()])).not.toContain(TOKEN);
  });

  test('of a service that does not run, then does', async () => {
    const remote = await service();
    const host = await hostFor(remote.url);
    await remote.stop();
    const first = await host.testConnection('main');
    expect([shown(first)[2], first.status]).toEqual(['tcp refused', 'unavailable']);
    expect(first.steps[6]).toMatchObject({ outcome: 'skipped', detail: 'not reached: tcp failed' });
    await remote.restart();
    expect((await host.testConnection('main')).status).toBe('connected');
  });

  test('of https to a service that speaks http', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.close();
    });
    const host = await hostFor(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const report = await host.testConnection('main');
    expect(shown(report)[3]).toBe('tls not_tls');
  });

  test('of a name that does not resolve, a private address, and a URL that is missing', async () => {
    expect(shown(await (await hostFor('http://nowhere.invalid')).testConnection('main'))[1]).toMatch(
      /^dns name_unknown|dns resolver_failed/,
    );
    expect(shown(await (await hostFor('http://10.0.0.1')).testConnection('main'))[1]).toBe('dns egress_denied');
    const report = await (await hostFor('')).testConnection('main');
    expect([shown(report)[0], report.status]).toEqual(['config needs_config', 'registered_but_not_connected']);
  });

  test('of a connection that is not there names those that are', async () => {
    const host = await hostFor('http://127.0.0.1:1');
    await expect(host.testConnection('nope')).rejects.toMatchObject({
      code: 'CAPSTAN_CONNECTION_NOT_FOUND',
      details: { candidates: [{ id: 'main', name: 'Main line' }] },
    });
  });

  test('of an account that nobody has connected', async () => {
    const remote = await service();
    const auth = `auth: { type: oauth2_authorization_code, client_id: c, token_url: "${remote.url}/token", authorization_url: "${remote.url}/authorize" }`;
    const host = await hostFor(remote.url, auth);
    expect(host.connections()).toMatchObject([
      { status: 'needs_reauth', validationError: { code: 'CAPSTAN_NEEDS_REAUTH' } },
    ]);
    const report = await host.testConnection('main');
    expect([shown(report)[4], report.status]).toEqual(['auth needs_reauth', 'needs_reauth']);
  });
});

test('an account is connected in the browser, and calls go out with its token', async () => {
  const remote = await service(({ path, headers }) => {
    if (path === '/token') {
      return { status: 200, body: { access_token: TOKEN, token_type: 'bearer', refresh_token: 'r', expires_in: 60 } };
    }
    return headers.authorization ? undefined : { status: 401, body: {} };
  });
  const auth = `auth: { type: oauth2_authorization_code, client_id: c, token_url: "${remote.url}/token", authorization_url: "${remote.url}/authorize" }`;
  const host = await hostFor(remote.url, auth);
  const redirectUri = 'http://127.0.0.1:7420/oauth/callback';
  const { url } = await host.authorizeConnection('main', { redirectUri });
  const callback = new URL(redirectUri);
  callback.searchParams.set('state', new URL(url).searchParams.get('state') ?? '');
  callback.searchParams.set('code', 'abc');
  expect(await host.completeAuthorization(callback)).toEqual({ id: 'main', workspace: 'default', name: 'Main line' });
  expect(host.connections()).toMatchObject([{ status: 'connected' }]);
  expect((await host.invoke({ tool: 'line_pack.line.send', arguments: { to: 'U1' } })).status).toBe('succeeded');
});

test('basic, keys and tokens by client credentials reach the service from capstan.yaml', async () => {
  const remote = await contractService();
  remote.answer(({ path, body }) =>
    path === '/token'
      ? { status: 200, body: { access_token: 'granted', token_type: 'bearer' } }
      : { status: 200, body: { success: true, result: { echo: body } } },
  );
  const sent = async (auth: string) => {
    const host = await hostFor(remote.url, auth);
    expect((await host.invoke({ tool: 'line_pack.line.send', arguments: {} })).status).toBe('succeeded');
    return remote.requests.at(-1);
  };
  const basic = await sent('auth: { type: basic, username: u, password: secret-p }');
  expect(basic?.headers.authorization).toBe(`Basic ${Buffer.from('u:secret-p').toString('base64')}`);
  const key = await sent('auth: { type: api_key, key: k-123456, auth_header: X-Key, auth_type: Token }');
  expect([key?.headers['x-key'], key?.headers.authorization]).toEqual(['Token k-123456', undefined]);
  expect((await sent('auth: { type: api_key, key: k-123456, query: key }'))?.path).toMatch(/\?key=k-123456$/);
  const oauth = `auth: { type: oauth2_client_credentials, client_id: c, client_secret: s, token_url: "${remote.url}/token" }`;
  expect((await sent(oauth))?.headers.authorization).toBe('Bearer granted');
});

test('all kinds of tools of a connection share its token', async () => {
  const remote = await contractService();
  remote.answer(({ path }) =>
    path === '/token'
      ? { status: 200, body: { access_token: 'granted', token_type: 'bearer' } }
      : { status: 200, body: { success: true, result: {} } },
  );
  const auth = `auth: { type: oauth2_client_credentials, client_id: c, client_secret: s, token_url: "${remote.url}/token" }`;
  const host = await hostFor(remote.url, auth);
  for (const tool of ['line_pack.line.send', 'line_pack.line.plain']) {
    expect(await host.invoke({ tool, arguments: {} })).toMatchObject({ status: 'succeeded' });
  }
  expect(remote.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
    ['/token', expect.stringMatching(/^Basic /)],
    ['/v1/tools/line.send', 'Bearer granted'],
    ['/plain', 'Bearer granted'],
  ]);
});

test('a connection whose service only a registry knows is tested where the registry says', async () => {
  const remote = await service();
  let answer: { status: number; body: unknown } = { status: 200, body: { url: remote.url } };
  const registry = await contractService();
  registry.answer(() => answer);
  const connection = `registry: http, registry_url: "${registry.url}", service_name: line, auth: { type: bearer, token: ${TOKEN} }`;
  const { host } = await hostOn({
    'capstan.yaml': settings('', connection).replace('remote_cluster_url: "", ', ''),
    'packs/line/manifest.yaml': MANIFEST,
  });
  const report = await host.testConnection('main');
  expect(report).toMatchObject({ ok: true, status: 'connected', url: remote.url });
  answer = { status: 500, body: {} };
  const failed = await host.testConnection('main');
  expect(failed).toMatchObject({ ok: false, status: 'unavailable' });
  expect(failed.steps[0]).toMatchObject({
    name: 'config',
    error: { code: 'CAPSTAN_REMOTE_UNREACHABLE', message: expect.stringContaining('500') },
  });
});

test('a connection that was found unavailable is connected again when a call over it succeeds', async () => {
  const remote = await service();
  const host = await hostFor(remote.url);
  await remote.stop();
  expect(await host.testConnection('main')).toMatchObject({ status: 'unavailable' });
  const states: unknown[] = [];
  host.on('connection:state', (event) => states.push(event));
  await remote.restart();
  expect(await host.invoke({ tool: 'line_pack.line.send', arguments: { to: 'U1' } })).toMatchObject({
    status: 'succeeded',
  });
  expect(host.connections()).toMatchObject([{ id: 'main', status: 'connected' }]);
  expect(host.connections()[0]?.validationError).toBeUndefined();
  expect(states).toEqual([{ workspace: 'default', connection: 'main', status: 'connected' }]);
});
