import type { JsonObject } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { loadSettings } from '../settings/host-settings.ts';
import type { HostSettings } from '../settings/settings-model.ts';
import { contractService } from '../test-kit/contract-service.ts';
import { REMOTE_MANIFEST } from '../test-kit/pack-folder.ts';
import { hostOn } from '../test-kit/test-host.ts';

const ACTOR = { principal: { id: 'key:ada', roles: ['admin'], permissions: [] }, surface: 'cli' } as const;
const SECRET = 'c4nary-in-the-file';

const BASE = {
  version: 1,
  discover: ['./packs/*'],
  packs: { line_pack: { config: { base_url: 'http://old', api_token: SECRET } } },
  workspaces: {
    default: { packs: ['line_pack'] },
    going: { connections: [{ id: 'one', pack: 'line_pack', tool_type: 'line' }] },
  },
  egress: { allow_private: ['127.0.0.0/8'] },
} as const;

async function hostWith(document: JsonObject) {
  return hostOn({ 'packs/line/manifest.yaml': REMOTE_MANIFEST, 'capstan.yaml': JSON.stringify(document) });
}

function settingsOf(folder: string, document: JsonObject): HostSettings {
  const { settings, diagnostics } = loadSettings({ path: `${folder}/capstan.yaml`, text: JSON.stringify(document) });
  if (settings === undefined) throw new Error(JSON.stringify(diagnostics));
  return settings;
}

test('a plan names each difference, masks what is secret, and says what waits for a restart', async () => {
  const { host, folder } = await hostWith(BASE);
  const next = settingsOf(folder, {
    ...BASE,
    packs: { line_pack: { config: { base_url: 'http://new', api_token: `${SECRET}2` } } },
    workspaces: {
      default: {
        packs: ['line_pack'],
        connections: [{ id: 'main', pack: 'line_pack', tool_type: 'line', auth: { type: 'bearer', token: SECRET } }],
      },
      support: { packs: ['line_pack'] },
    },
    server: { port: 7421 },
    keys: [{ name: 'ci', role: 'admin', value: 'cap_admin_in-the-file-of-the-operator' }],
  });
  const plan = host.administration.settings.plan(next);
  expect(plan.changes).toEqual([
    { kind: 'change', path: 'packs.line_pack.config.base_url', before: 'http://old', after: 'http://new' },
    { kind: 'change', path: 'packs.line_pack.config.api_token', before: '●●●●', after: '●●●●' },
    {
      kind: 'add',
      path: 'workspaces.default.connections.main',
      after: { id: 'main', pack: 'line_pack', tool_type: 'line', auth: { type: 'bearer', token: '●●●●' } },
    },
    { kind: 'add', path: 'workspaces.support', after: { packs: ['line_pack'] } },
    expect.objectContaining({ kind: 'remove', path: 'workspaces.going' }),
  ]);
  expect(plan.restart.map(({ path }) => path)).toEqual(['server', 'keys.ci']);
  expect(JSON.stringify(plan)).not.toContain(SECRET);
  expect(JSON.stringify(plan)).not.toContain('in-the-file-of-the-operator');
});

test('what is applied holds at once, what is as it was is not touched, and the next plan is empty', async () => {
  const service = await contractService();
  const document = { ...BASE, packs: { line_pack: { config: { base_url: service.url, api_token: SECRET } } } };
  const { host, folder, acts } = await hostWith(document);
  const next = settingsOf(folder, {
    ...document,
    workspaces: { default: { packs: ['line_pack'] }, support: { packs: ['line_pack'] } },
    server: { port: 7421 },
  });
  const touched: string[] = [];
  host.on('pack:state', ({ workspace, pack }) => touched.push(`${workspace}/${pack}`));
  const revision = host.catalogRevision('default');
  await host.administration.settings.apply(next, ACTOR);
  expect(host.workspaces()).toEqual(['default', 'support']);
  const call = { workspace: 'support', tool: 'line_send_message', arguments: { to: 'x' } };
  expect(await host.invoke(call)).toMatchObject({ status: 'succeeded' });
  expect(touched).toEqual(['support/line_pack']);
  expect(host.catalogRevision('default')).toBe(revision);
  expect(host.administration.settings.plan(next)).toMatchObject({ changes: [], restart: [{ path: 'server' }] });
  expect(acts.map(({ act, principal }) => [act, principal])).toEqual([['settings.apply', 'key:ada']]);
});

test('a line that moved changes nothing, and is what a refusal and an explanation name', async () => {
  const { host, folder } = await hostWith(BASE);
  const text = `\n\n\n${JSON.stringify(BASE)}`;
  const { settings } = loadSettings({ path: `${folder}/capstan.yaml`, text });
  if (settings === undefined) throw new Error('the file is right');
  const revision = host.catalogRevision('default');
  expect(host.administration.settings.plan(settings)).toEqual({ changes: [], restart: [] });
  await host.administration.settings.apply(settings, ACTOR);
  expect(host.catalogRevision('default')).toBe(revision);
  await expect(host.administration.workspaces.remove('going', ACTOR)).rejects.toThrow('capstan.yaml:4:');
});

test('what was written at run time gives way to the file, and the plan says so', async () => {
  const { host, folder } = await hostWith(BASE);
  const { workspaces, connections, settings } = host.administration;
  await workspaces.make({ id: 'support' }, ACTOR);
  await connections.create('support', { id: 'main', pack: 'line_pack', tool_type: 'line' }, ACTOR);
  await connections.create('going', { id: 'two', pack: 'line_pack', tool_type: 'line' }, ACTOR);
  const main = { id: 'main', pack: 'line_pack', tool_type: 'line', name: 'of-the-file' };
  const next = settingsOf(folder, {
    ...BASE,
    workspaces: { default: { packs: ['line_pack'] }, support: { packs: ['line_pack'], connections: [main] } },
  });
  const { changes } = await settings.apply(next, ACTOR);
  expect(changes.map(({ path, note }) => [path, note])).toEqual([
    ['workspaces.support', 'made at run time; the file counts from now on'],
    ['workspaces.going', 'what was written in it at run time stays in the store, out of use'],
  ]);
  expect(host.connections('support').map(({ name }) => name)).toEqual(['of-the-file']);
  await expect(connections.remove('support', 'main', ACTOR)).resolves.toMatchObject({ id: 'main' });
  expect(host.connections('support').map(({ name }) => name)).toEqual(['of-the-file']);
});
