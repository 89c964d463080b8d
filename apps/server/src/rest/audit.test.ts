import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Host, openAuditSpool } from '@capstan/host';
import { createMemoryStore } from '@capstan/store';
import { expect, onTestFinished, test } from 'vitest';
import { openAudit } from '../audit/open-audit.ts';
import { ADMIN_KEY, AGENT_KEY, serverUnderTest } from '../running-server.test.support.ts';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

async function audited() {
  const folder = mkdtempSync(join(tmpdir(), 'capstan-audit-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const holder: { host?: Host } = {};
  const host: Pick<Host, 'workspaces' | 'listTools'> = {
    workspaces: () => holder.host?.workspaces() ?? [],
    listTools: (query) => holder.host?.listTools(query) ?? { items: [] },
  };
  const store = createMemoryStore();
  const audit = openAudit({
    host: host as Host,
    store,
    folder,
    logger: SILENT,
    clock: { now: Date.now },
    fileKeys: [{ name: 'agent', role: 'agent' }],
  });
  const server = await serverUnderTest({
    audit: audit.sources,
    hostOptions: { audit: openAuditSpool(join(folder, 'server'), { logger: SILENT }) },
    tools: [
      { id: 'app.look', description: 'Looks', handler: () => 'seen' },
      { id: 'app.never', description: 'Is never called', handler: () => 'no' },
    ],
  });
  holder.host = server.host;
  const get = async (path: string, key: string = ADMIN_KEY) => {
    const response = await server.send(path, { key });
    const body = (await response.json()) as { readonly items: readonly unknown[]; readonly next_cursor?: string };
    return { status: response.status, body };
  };
  return { server, folder, get, store };
}

test('records of calls and acts are listed newest first, with who and from where', async () => {
  const { server, get } = await audited();
  await server.send('/v1/workspaces/default/tools/look/invoke', {
    method: 'POST',
    headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
  });
  await server.send('/v1/workspaces/default/tools/nothing/invoke', { method: 'POST' });
  await server.host.audit({
    act: 'pack.enable',
    target: 'line_pack',
    principal: { id: 'key:admin', roles: ['admin'], permissions: [] },
    surface: 'rest',
    workspace: 'default',
  });
  const { body } = await get('/v1/audit');
  expect(body.items).toMatchObject([
    { kind: 'act', act: 'pack.enable', target: 'line_pack', principal: 'key:admin', status: 'succeeded' },
    { kind: 'call', tool: 'nothing', status: 'failed', code: 'CAPSTAN_TOOL_NOT_FOUND' },
    {
      kind: 'call',
      tool: 'app.look',
      principal: 'key:agent',
      roles: ['agent'],
      address: '127.0.0.1',
      surface: 'rest',
      status: 'succeeded',
      decision: { allow: true },
      arguments: {},
      arguments_digest: '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
      trace_id: '0af7651916cd43dd8448eb211c80319c',
    },
  ]);
  expect((await get('/v1/audit?kind=call&status=failed')).body.items).toMatchObject([{ tool: 'nothing' }]);
  expect((await get('/v1/audit?tool=app.look&principal=key:agent')).body.items).toHaveLength(1);
  expect((await get('/v1/audit?since=2999-01-01T00:00:00Z')).body.items).toEqual([]);
  expect((await get('/v1/audit?since=yesterday')).status).toBe(400);
  const first = await get('/v1/workspaces/default/audit?limit=2');
  expect(first.body.items).toHaveLength(2);
  const rest = await get(`/v1/workspaces/default/audit?limit=2&cursor=${first.body.next_cursor}`);
  expect(rest.body).toMatchObject({ items: [{ tool: 'app.look' }] });
});

test('an agent reads no records', async () => {
  const { get } = await audited();
  for (const path of ['/v1/audit', '/v1/audit/verify', '/v1/audit/report', '/v1/workspaces/default/audit']) {
    expect((await get(path, AGENT_KEY)).status).toBe(403);
  }
});

test('a record that was changed in the files or cut off them is found, with its place', async () => {
  const { server, folder, get } = await audited();
  for (let n = 0; n < 3; n += 1) await server.send('/v1/workspaces/default/tools/look/invoke', { method: 'POST' });
  expect((await get('/v1/audit/verify')).body).toMatchObject({
    whole: true,
    chains: [
      { source: 'server', first: 1, last: 3, findings: [] },
      { source: 'store', first: 1, last: 3, findings: [] },
    ],
  });
  const [name = ''] = readdirSync(join(folder, 'server')).filter((each) => each.endsWith('.jsonl'));
  const path = join(folder, 'server', name);
  const lines = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, `${lines[0]?.replace('app.look', 'app.kook')}\n${lines[1]}\n`);
  expect((await get('/v1/audit/verify')).body).toMatchObject({
    whole: false,
    chains: [
      {
        findings: [
          { kind: 'changed', place: `server/${name}:1` },
          { kind: 'gap', place: 'server' },
        ],
      },
      { source: 'store', findings: [] },
    ],
  });
});

test('the report counts calls and names what nobody used', async () => {
  const { server, get, store } = await audited();
  const key = { hash: 'h', roles: ['viewer'], scopes: [], createdAt: 0, createdBy: 'x', prefix: 'cap_x' };
  await store.change(async (writer) => {
    await writer.keys.put({ ...key, id: 'key_1', name: 'old', expiresAt: 1 });
  });
  await server.send('/v1/workspaces/default/tools/look/invoke', { method: 'POST' });
  const { body } = await get('/v1/audit/report?days=1');
  expect(body).toMatchObject({
    records: 1,
    truncated: false,
    calls: { succeeded: 1 },
    denied_calls: [],
    unused_tools: [{ workspace: 'default', tool: 'app.never' }],
    keys_without_expiry: [{ name: 'agent', roles: ['agent'] }],
    unused_keys: ['old'],
    drifted_tools: [],
  });
});

test('a host without a store has no such routes', async () => {
  const server = await serverUnderTest();
  expect((await server.send('/v1/audit', { key: ADMIN_KEY })).status).toBe(404);
});
