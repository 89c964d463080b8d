import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '@capstan/sdk';
import { createMemoryStore, createVault, readMasterKeys, type SecretVault, type Store } from '@capstan/store';
import { startEmbeddedPostgres } from '@capstan/store/embedded';
import { openPostgresStore } from '@capstan/store/postgres';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createHost } from '../create-host.ts';
import type { Host } from '../host.ts';
import { contractService } from '../test-kit/contract-service.ts';
import { REMOTE_MANIFEST, temporaryFolder } from '../test-kit/pack-folder.ts';
import { storeKeeper } from './store-keeper.ts';

const SECRET = 'c4nary-in-the-store';
const ACTOR = { principal: { id: 'key:ada', roles: ['admin'], permissions: [] }, surface: 'rest' } as const;
const MASTER_KEYS = readMasterKeys('0123456789abcdef'.repeat(4));
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

interface Shared {
  readonly store: Store;
  readonly vault: SecretVault;
  /** Starts one more host on the same state; over Postgres with connections of its own, as another replica has. */
  host(): Promise<Host>;
}

type Driver = 'memory' | 'postgres';
const DRIVERS: readonly Driver[] = ['memory', 'postgres'];

async function shared(driver: Driver): Promise<Shared> {
  const open = driver === 'memory' ? await memoryState() : await postgresState();
  const { store, vault } = await open();
  const folder = temporaryFolder({
    'packs/line/manifest.yaml': REMOTE_MANIFEST,
    'capstan.yaml':
      'version: 1\ndiscover: [./packs/*]\nworkspaces: { default: {} }\negress: { allow_private: [127.0.0.0/8] }\n',
  });
  return {
    store,
    vault,
    async host() {
      const own = await open();
      const keeper = storeKeeper({ ...own, logger: SILENT });
      const host = await createHost({ environment: {}, config: `${folder}/capstan.yaml`, keeper });
      onTestFinished(() => host.close({ timeoutMs: 100 }));
      return host;
    },
  };
}

type OpenState = () => Promise<{ readonly store: Store; readonly vault: SecretVault }>;

async function memoryState(): Promise<OpenState> {
  const store = createMemoryStore();
  const vault = createVault({ store, masterKeys: MASTER_KEYS });
  return async () => ({ store, vault });
}

/** A server of the test's own. */
async function postgresState(): Promise<OpenState> {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-keeper-'));
  // A database that root starts runs as nobody, who has to pass.
  chmodSync(folder, 0o711);
  const server = await startEmbeddedPostgres({ folder, logger: SILENT });
  onTestFinished(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return async () => {
    const store = await openPostgresStore({ url: server.url, logger: SILENT });
    onTestFinished(() => store.close());
    return { store, vault: createVault({ store, masterKeys: MASTER_KEYS }) };
  };
}

async function fill(host: Host, url: string): Promise<string> {
  const { workspaces, connections, config } = host.administration;
  await workspaces.make({ id: 'support' }, ACTOR);
  await host.enablePack('line_pack', 'support', { environment: ['LINE_TOKEN'], actor: ACTOR });
  const definition: JsonObject = {
    pack: 'line_pack',
    tool_type: 'line',
    remote_cluster_urls: [url],
    limits: { max_in_flight: 3 },
    auth: { type: 'bearer', token: SECRET },
  };
  const { id } = await connections.create('support', definition, ACTOR);
  await config.set({ pack: 'line_pack', key: 'base_url' }, { kind: 'value', value: url }, ACTOR);
  await config.set(
    { pack: 'line_pack', key: 'api_token', workspace: 'default' },
    { kind: 'secret', value: SECRET },
    ACTOR,
  );
  await host.addMcpServer({ name: 'docs', server: { url: 'http://127.0.0.1:1', token: SECRET }, workspace: 'support' });
  return id;
}

function send(host: Host) {
  return host.invoke({ workspace: 'support', tool: 'line_send_message', arguments: { to: 'x' } });
}

test.each(DRIVERS)('over %s: a host that starts later has everything that another one was told', async (driver) => {
  const service = await contractService();
  const world = await shared(driver);
  const first = await world.host();
  const id = await fill(first, service.url);
  await first.close();
  const second = await world.host();
  expect(second.workspaces()).toEqual(['default', 'support']);
  expect(second.administration.connections.written('support', id)).toMatchObject({
    secrets: ['/auth/token'],
    setBy: 'key:ada',
    definition: { remote_cluster_urls: [service.url], limits: { max_in_flight: 3 }, auth: { type: 'bearer' } },
  });
  expect(second.packs('support').find(({ code }) => code === 'line_pack')?.environment).toContainEqual({
    name: 'LINE_TOKEN',
    allowed: true,
    purpose: 'api_token: Its token',
  });
  expect(second.mcpServers('support').map(({ name }) => name)).toEqual(['docs']);
  expect(await send(second)).toMatchObject({ status: 'succeeded' });
  expect(service.requests[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
});

test.each(DRIVERS)(
  'over %s: a host hears of what another one changes, and has it without a restart',
  async (driver) => {
    const service = await contractService();
    const world = await shared(driver);
    const [first, second] = [await world.host(), await world.host()];
    const id = await fill(first, service.url);
    await vi.waitFor(async () => expect(await send(second)).toMatchObject({ status: 'succeeded' }), {
      timeout: 10_000,
    });
    await second.administration.connections.change('support', id, { auth: { token: 'another' } }, ACTOR);
    await first.administration.refresh();
    await send(first);
    expect(service.requests.at(-1)?.headers.authorization).toBe('Bearer another');
    await second.administration.workspaces.remove('support', ACTOR);
    await first.administration.refresh();
    expect(first.workspaces()).toEqual(['default']);
  },
);

test.each(DRIVERS)(
  'over %s: of two who write at once none loses anything, and only one gets what both want',
  async (driver) => {
    const world = await shared(driver);
    const hosts = [await world.host(), await world.host()];
    const make = (id: string) => hosts.map((host) => host.administration.workspaces.make({ id }, ACTOR));
    const different = hosts.map((host, index) => host.administration.workspaces.make({ id: `own-${index}` }, ACTOR));
    await Promise.all(different);
    const same = await Promise.allSettled(make('wanted'));
    expect(same.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const host of hosts) {
      await host.administration.refresh();
      expect(host.workspaces().toSorted()).toEqual(['default', 'own-0', 'own-1', 'wanted']);
    }
  },
);

test.each(DRIVERS)('over %s: hosts that give the same name at once agree on whose it is', async (driver) => {
  const world = await shared(driver);
  const [first, second] = [await world.host(), await world.host()];
  for (const [host, id] of [
    [first, 'billing.send'],
    [second, 'mail.send'],
  ] as const) {
    host.register({ id, description: '', handler: () => null, workspaces: ['default'] });
  }
  const names = (host: Host) => host.listTools().items.map(({ exposedName }) => exposedName);
  await vi.waitFor(
    () =>
      expect([...names(first), ...names(second)].sort()).toEqual([
        expect.stringMatching(/^(?:billing|mail)_send$/),
        'send',
      ]),
    {
      timeout: 10_000,
    },
  );
});

test('no secret stands in the store in clear, and none outlives what it belongs to', async () => {
  const service = await contractService();
  const world = await shared('memory');
  const host = await world.host();
  const id = await fill(host, service.url);
  const { read } = world.store;
  const everything = JSON.stringify([
    await world.store.snapshot(),
    await read.secrets.list(),
    await read.dataKeys.list(),
  ]);
  expect(everything).not.toContain(SECRET);
  expect((await world.vault.list()).map(({ name }) => name).sort()).toEqual([
    'config/line_pack/api_token',
    `connection/${id}/auth/token`,
    'mcp_server/docs/token',
  ]);
  await host.administration.connections.remove('support', id, ACTOR);
  await host.removeMcpServer('docs', 'support');
  await host.administration.config.unset({ pack: 'line_pack', key: 'api_token', workspace: 'default' }, ACTOR);
  expect(await world.vault.list()).toEqual([]);
});

test('a change of which nothing is written leaves nothing, in the store or in the host', async () => {
  const world = await shared('memory');
  const host = await world.host();
  const failing = vi.spyOn(world.vault, 'put').mockRejectedValueOnce(new Error('the vault is away'));
  const definition = { id: 'one', pack: 'line_pack', tool_type: 'line', auth: { type: 'bearer', token: SECRET } };
  await expect(host.administration.connections.create('default', definition, ACTOR)).rejects.toThrow(
    'the vault is away',
  );
  expect(failing).toHaveBeenCalledOnce();
  expect(host.administration.connections.list('default')).toEqual([]);
  expect(await world.store.read.connections.list()).toEqual([]);
});
