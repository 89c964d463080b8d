// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in texts are the subject
import { CapstanError, type JsonObject } from '@capstan/sdk';
import { expect, test } from 'vitest';
import type { Host } from '../host.ts';
import type { HostOptions } from '../host-options.ts';
import { contractService } from '../test-kit/contract-service.ts';
import { REMOTE_MANIFEST } from '../test-kit/pack-folder.ts';
import { hostOn } from '../test-kit/test-host.ts';
import { APPLICATION_ACTOR } from './actor.ts';

const ACTOR = {
  principal: { id: 'key:ada', roles: ['admin'], permissions: [] },
  surface: 'rest',
} as const;

const FILE = `version: 1
discover: [./packs/*]
packs:
  line_pack:
    environment: [LINE_TOKEN]
    config: { timeout: 5 }
workspaces:
  default:
    packs: [line_pack]
    connections: [{ id: from_file, pack: line_pack, tool_type: line, remote_cluster_url: "http://127.0.0.1:1" }]
  empty: {}
egress: { allow_private: [127.0.0.0/8] }
references: { allow: { variables: [SHARED_TOKEN], files: [] } }
defaults: { retry: { max_retries: 0, base_ms: 1, max_ms: 1 } }
`;

const MANIFEST = REMOTE_MANIFEST.replace(
  'tools:',
  `    - { name: timeout, type: integer }
    - { name: region, type: string, "x-scope": connection }
tools:`,
);

async function hostWith(options: Omit<HostOptions, 'config' | 'audit'> = {}) {
  return hostOn({ 'packs/line/manifest.yaml': MANIFEST, 'capstan.yaml': FILE }, options);
}

function connection(url: string, more: JsonObject = {}): JsonObject {
  return { pack: 'line_pack', tool_type: 'line', remote_cluster_url: url, ...more };
}

async function refusal(promise: Promise<unknown>): Promise<CapstanError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CapstanError) return error;
  throw new Error(`not refused: ${String(error)}`);
}

async function problemsOf(promise: Promise<unknown>): Promise<readonly unknown[]> {
  const { details } = await refusal(promise);
  return Array.isArray(details?.problems) ? details.problems : [];
}

function send(host: Host, workspace: string) {
  return host.invoke({ workspace, tool: 'line_send_message', arguments: { to: 'x' } });
}

test('a workspace is made, filled, used and deleted while the host runs', async () => {
  const service = await contractService();
  const { host, acts } = await hostWith();
  const { administration } = host;
  expect((await send(host, 'support')).status).toBe('failed');

  const made = await administration.workspaces.make({ id: 'support', name: 'Support team' }, ACTOR);
  expect(made).toMatchObject({ id: 'support', name: 'Support team', origin: { kind: 'runtime', by: 'key:ada' } });
  await host.enablePack('line_pack', 'support', { actor: ACTOR });
  expect((await send(host, 'support')).status).toBe('failed');
  const auth = { type: 'bearer', token: 'a-secret-token' };
  const written = await administration.connections.create('support', connection(service.url, { auth }), ACTOR);
  expect(written.id).toMatch(/^con_/);
  expect(written.definition.auth).toEqual({ type: 'bearer' });
  expect(written.secrets).toEqual(['/auth/token']);
  expect(await send(host, 'support')).toMatchObject({ status: 'succeeded' });
  expect(service.requests[0]?.headers.authorization).toBe('Bearer a-secret-token');

  expect(administration.workspaces.view('support')).toMatchObject({ packs: ['line_pack'], connections: [written.id] });
  await administration.workspaces.remove('support', ACTOR);
  expect(host.workspaces()).toEqual(['default', 'empty']);
  expect(await send(host, 'support')).toMatchObject({ error: { code: 'CAPSTAN_TOOL_NOT_FOUND' } });
  expect(acts.map(({ act, status }) => `${act} ${status}`)).toEqual([
    'workspace.create succeeded',
    'pack.enable succeeded',
    'connection.create succeeded',
    'workspace.delete succeeded',
  ]);
});

test('a workspace that comes back does not repeat revisions, and has nothing of the one before', async () => {
  const { host } = await hostWith();
  const { workspaces } = host.administration;
  await workspaces.make({ id: 'again' }, ACTOR);
  await host.enablePack('line_pack', 'again');
  const before = host.catalogRevision('again');
  await workspaces.remove('again', ACTOR);
  await workspaces.make({ id: 'again' }, ACTOR);
  expect(host.listTools({ workspace: 'again' }).items).toEqual([]);
  expect(host.catalogRevision('again')).toBeGreaterThan(before);
});

test('a tool of the application is in workspaces that come later, until it is removed', async () => {
  const { host } = await hostWith();
  const remove = host.register({ id: 'app.look', description: '', handler: () => 1 });
  await host.administration.workspaces.make({ id: 'later' }, ACTOR);
  expect(host.findTool('app.look', { workspace: 'later' })).toBeDefined();
  remove();
  expect(host.findTool('app.look', { workspace: 'later' })).toBeUndefined();
});

test('what the file declares is read-only, and the refusal names the place', async () => {
  const { host, folder } = await hostWith();
  const { workspaces, connections, config } = host.administration;
  const at = (line: number, column: number) => `${folder}/capstan.yaml:${line}:${column}`;
  const refused = await Promise.all([
    refusal(workspaces.make({ id: 'default' }, ACTOR)),
    refusal(workspaces.remove('empty', ACTOR)),
    refusal(host.disablePack('line_pack')),
    refusal(connections.change('default', 'from_file', { name: 'mine' }, ACTOR)),
    refusal(connections.remove('default', 'from_file', ACTOR)),
    refusal(connections.create('default', connection('http://127.0.0.1:1', { id: 'from_file' }), ACTOR)),
    refusal(config.set({ pack: 'line_pack', key: 'timeout' }, { kind: 'value', value: 9 }, ACTOR)),
    refusal(config.unset({ pack: 'line_pack', key: 'timeout' }, ACTOR)),
  ]);
  for (const error of refused) expect(error.code).toBe('CAPSTAN_CONFLICT');
  expect(refused.map(({ message }) => message.split(' declares ')[0])).toEqual([
    at(9, 5),
    at(11, 10),
    at(9, 13),
    at(10, 19),
    at(10, 19),
    at(10, 19),
    at(6, 24),
    at(6, 24),
  ]);
});

test('a changed connection serves the next call, and the one under way ends on the old one', async () => {
  const first = await contractService();
  const second = await contractService();
  const { host } = await hostWith();
  const { connections } = host.administration;
  await host.enablePack('line_pack', 'empty');
  const auth = { type: 'bearer', token: 'kept-secret' };
  const { id } = await connections.create('empty', connection(first.url, { auth }), ACTOR);
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const reached = Promise.withResolvers<void>();
  first.answerLater(async () => {
    reached.resolve();
    await held;
    return { status: 200, body: { success: true, result: 'old' } };
  });
  const underWay = send(host, 'empty');
  await reached.promise;
  await connections.change('empty', id, { remote_cluster_url: second.url }, ACTOR);
  expect(await send(host, 'empty')).toMatchObject({ status: 'succeeded' });
  expect(second.requests[0]?.headers.authorization).toBe('Bearer kept-secret');
  await connections.remove('empty', id, ACTOR);
  release();
  expect(await underWay).toMatchObject({ status: 'succeeded', result: { value: 'old' } });
});

test('with another type of auth nothing of the old one stays', async () => {
  const { host } = await hostWith();
  const { connections } = host.administration;
  const auth = { type: 'bearer', token: 'kept-secret' };
  const { id } = await connections.create('empty', connection('http://127.0.0.1:1', { auth }), ACTOR);
  const changed = await connections.change(
    'empty',
    id,
    { auth: { type: 'api_key', key: 'k-1', header: 'X-Key' } },
    ACTOR,
  );
  expect(changed.definition.auth).toEqual({ type: 'api_key', header: 'X-Key' });
  expect(changed.secrets).toEqual(['/auth/key']);
});

test('config that is set and unset re-resolves the packs that read it, and explain says who set it when', async () => {
  const { host } = await hostWith({ clock: { now: () => Date.UTC(2026, 0, 2) } });
  const { config } = host.administration;
  await host.enablePack('line_pack', 'empty');
  const touched: string[] = [];
  host.on('pack:state', ({ pack, workspace }) => touched.push(`${workspace}/${pack}`));
  const winner = (workspace: string) =>
    host.explainConfig('line_pack', { workspace }).trace.find(({ key }) => key === 'base_url')?.winner;

  await config.set(
    { pack: 'line_pack', key: 'base_url', workspace: 'empty' },
    { kind: 'value', value: 'http://a' },
    ACTOR,
  );
  expect(touched).toEqual(['empty/line_pack']);
  expect(winner('empty')).toMatchObject({
    layer: 'system',
    shown: 'http://a',
    source: { kind: 'setting', workspace: 'empty', setBy: 'key:ada', setAt: '2026-01-02T00:00:00.000Z' },
  });
  await config.set({ pack: 'line_pack', key: 'base_url' }, { kind: 'value', value: 'http://b' }, ACTOR);
  expect(winner('empty')?.shown).toBe('http://a');
  expect(winner('default')?.shown).toBe('http://b');
  expect(config.list('empty').map(({ value }) => value)).toEqual(['http://a', 'http://b']);
  await config.unset({ pack: 'line_pack', key: 'base_url', workspace: 'empty' }, ACTOR);
  expect(winner('empty')?.shown).toBe('http://b');
});

test('a secret that is set is taken as it is, and never shown again', async () => {
  const service = await contractService();
  const { host } = await hostWith({ environment: { HOME_TOKEN: 'of-the-host' } });
  const { config } = host.administration;
  await host.enablePack('line_pack', 'empty');
  await config.set({ pack: 'line_pack', key: 'base_url' }, { kind: 'value', value: service.url }, ACTOR);
  const set = await config.set(
    { pack: 'line_pack', key: 'api_token' },
    { kind: 'secret', value: 'env:HOME_TOKEN' },
    ACTOR,
  );
  expect(set).not.toHaveProperty('value');
  await send(host, 'empty');
  expect(service.requests[0]?.headers.authorization).toBe('Bearer env:HOME_TOKEN');
  const byReference = await config.set(
    { pack: 'line_pack', key: 'api_token' },
    { kind: 'value', value: 'env:HOME_TOKEN' },
    ACTOR,
  );
  expect(byReference).toMatchObject({ value: 'env:HOME_TOKEN', isSecret: false });
  await send(host, 'empty');
  expect(service.requests[1]?.headers.authorization).toBe('Bearer of-the-host');
});

test('wrong connections are refused with every problem and its place, and nothing of them is kept', async () => {
  const { host } = await hostWith();
  const { connections } = host.administration;
  const wrong = {
    pack: 'line_pak',
    tool_type: '',
    nmae: 'x',
    auth: { type: 'basic', token: 'no' },
    remote_cluster_url: 'ftp:x',
  };
  expect(await problemsOf(connections.create('empty', wrong, ACTOR))).toMatchObject([
    { pointer: '/nmae', hint: "Did you mean 'name'?" },
    { pointer: '/tool_type' },
    { pointer: '/auth' },
    { pointer: '/auth' },
    { pointer: '/remote_cluster_url' },
    { pointer: '/auth/token' },
  ]);
  expect(
    await problemsOf(connections.create('empty', connection('http://a', { pack: 'line_pak' }), ACTOR)),
  ).toMatchObject([{ pointer: '/pack', hint: 'Did you mean "line_pack"?' }]);
  expect(
    await problemsOf(connections.create('empty', connection('http://a', { tool_type: 'lne' }), ACTOR)),
  ).toMatchObject([{ pointer: '/tool_type', hint: 'Did you mean "line"?' }]);
  const config = { timeout: 'soon', tokn: 'x' };
  expect(await problemsOf(connections.create('empty', connection('http://a', { config }), ACTOR))).toMatchObject([
    { pointer: '/config/timeout' },
    { pointer: '/config/tokn' },
  ]);
  expect(connections.list('empty')).toEqual([]);
  expect(host.administration.revision).toBe(0);
});

test('a connection over the API refers to what the operator listed, and to nothing else', async () => {
  const service = await contractService();
  const { host } = await hostWith({ environment: { SHARED_TOKEN: 'shared', OTHER_TOKEN: 'other' } });
  const { connections } = host.administration;
  await host.enablePack('line_pack', 'empty');
  const withToken = (token: string) => connection(service.url, { auth: { type: 'bearer', token } });
  for (const token of ['env:OTHER_TOKEN', '${OTHER_TOKEN}', 'file:/etc/hostname', 'env:CAPSTAN_MASTER_KEY']) {
    expect(await problemsOf(connections.create('empty', withToken(token), ACTOR))).toMatchObject([
      { pointer: '/auth/token', message: expect.stringContaining('read') },
    ]);
  }
  const written = await connections.create('empty', withToken('env:SHARED_TOKEN'), ACTOR);
  expect(written).toMatchObject({ secrets: [], definition: { auth: { token: 'env:SHARED_TOKEN' } } });
  await send(host, 'empty');
  expect(service.requests[0]?.headers.authorization).toBe('Bearer shared');
});

test('config is refused where the pack does not know the key, the value does not fit, or it belongs elsewhere', async () => {
  const { host } = await hostWith();
  const { config } = host.administration;
  const set = (key: string, value: JsonObject[string]) =>
    config.set({ pack: 'line_pack', key }, { kind: 'value', value: value ?? null }, ACTOR);
  expect((await refusal(set('base_ulr', 'x'))).hint).toBe('Did you mean "base_url"?');
  expect(await problemsOf(set('base_url', 7))).toMatchObject([{ pointer: '/value' }]);
  expect(await problemsOf(set('base_url', ''))).toMatchObject([{ hint: 'Unset it instead.' }]);
  expect(await problemsOf(set('region', 'eu'))).toMatchObject([{ pointer: '/value' }]);
  const plain = config.set({ pack: 'line_pack', key: 'base_url' }, { kind: 'secret', value: 'x' }, ACTOR);
  expect(await problemsOf(plain)).toMatchObject([{ pointer: '/secret' }]);
  expect((await refusal(config.unset({ pack: 'line_pack', key: 'base_url' }, ACTOR))).code).toBe('CAPSTAN_NOT_FOUND');
  expect((await refusal(config.set({ pack: 'nope', key: 'x' }, { kind: 'value', value: 1 }, ACTOR))).code).toBe(
    'CAPSTAN_PACK_NOT_FOUND',
  );
});

test('ids and names of connections are nobody else’s', async () => {
  const { host } = await hostWith();
  const { connections } = host.administration;
  await connections.create('empty', connection('http://a', { id: 'one', name: 'first' }), ACTOR);
  for (const [workspace, more] of [
    ['empty', { id: 'one' }],
    ['empty', { id: 'two', name: 'first' }],
    ['empty', { id: 'first' }],
    ['default', { id: 'one' }],
    ['empty', { id: 'from_file' }],
  ] as const) {
    const error = await refusal(connections.create(workspace, connection('http://a', more), ACTOR));
    expect(error.code).toBe('CAPSTAN_CONFLICT');
  }
  expect(
    await problemsOf(connections.create('empty', connection('http://a', { id: 'system.x' }), ACTOR)),
  ).toMatchObject([{ pointer: '/id' }]);
});

test('a writer who saw another state is told so', async () => {
  const { host } = await hostWith();
  const { workspaces } = host.administration;
  const { revision } = host.administration;
  await workspaces.make({ id: 'first' }, { ...ACTOR, expectedRevision: revision });
  const error = await refusal(workspaces.make({ id: 'second' }, { ...ACTOR, expectedRevision: revision }));
  expect(error).toMatchObject({ code: 'CAPSTAN_CONFLICT', details: { revision: 1, expected_revision: 0 } });
  expect(host.workspaces()).not.toContain('second');
});

test('what a connection that is gone was granted is gone too', async () => {
  const removed: string[] = [];
  const tokens = {
    load: async () => undefined,
    save: async () => {},
    remove: async (key: string) => void removed.push(key),
  };
  const { host } = await hostWith({ tokens });
  const { connections } = host.administration;
  await host.enablePack('line_pack', 'empty');
  const auth = {
    type: 'oauth2_authorization_code',
    client_id: 'us',
    issuer: 'https://login.example.com',
  };
  const { id } = await connections.create('empty', connection('https://api.example.com', { auth }), ACTOR);
  await connections.change('empty', id, { name: 'renamed' }, ACTOR);
  expect(removed).toEqual([]);
  await connections.remove('empty', id, ACTOR);
  expect(removed).toEqual([`empty/${id}`]);
});

test('of a thousand workspaces only the one that changed is touched', async () => {
  const { host } = await hostWith();
  const { workspaces, connections } = host.administration;
  for (let index = 0; index < 1_000; index += 1) {
    await workspaces.make({ id: `team-${index}` }, APPLICATION_ACTOR);
    await host.enablePack('line_pack', `team-${index}`);
  }
  const runnerOf = (index: number) => host.catalogRevision(`team-${index}`);
  const before = Array.from({ length: 1_000 }, (_, index) => runnerOf(index));
  const touched: string[] = [];
  host.on('pack:state', ({ workspace }) => touched.push(workspace ?? ''));
  await connections.create('team-7', connection('http://a'), ACTOR);
  expect(touched).toEqual(['team-7']);
  const changed = before.flatMap((revision, index) => (runnerOf(index) === revision ? [] : [index]));
  expect(changed).toEqual([7]);
});

test('a connection whose pack is not enabled is listed, and a test of it says what to do', async () => {
  const { host } = await hostWith();
  await host.administration.connections.create('empty', connection('http://127.0.0.1:1', { id: 'idle' }), ACTOR);
  expect(host.connections('empty')).toMatchObject([
    { id: 'idle', status: 'registered_but_not_connected', derived: false },
  ]);
  const error = await refusal(host.testConnection('idle', 'empty'));
  expect(error.hint).toBe('Enable its pack: capstan pack enable line_pack -w empty.');
  await host.enablePack('line_pack', 'empty');
  expect(host.connections('empty')).toMatchObject([{ id: 'idle', remoteClusterUrl: 'http://127.0.0.1:1' }]);
});
