import { expect, test } from 'vitest';
import { contractService } from './test-kit/contract-service.ts';
import { REMOTE_MANIFEST } from './test-kit/pack-folder.ts';
import { hostOn } from './test-kit/test-host.ts';

const npmPack = (name: string, keywords: readonly string[]): Record<string, string> => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.0.0', keywords }),
  [`node_modules/${name}/manifest.yaml`]: REMOTE_MANIFEST.replace(
    'code: line_pack',
    `code: ${name.replaceAll('-', '_')}`,
  ),
});

test('npm packs are found among direct dependencies only, and enabled only when named', async () => {
  const { host } = await hostOn({
    ...npmPack('direct-pack', ['capstan-pack']),
    ...npmPack('named-pack', []),
    ...npmPack('transitive-pack', ['capstan-pack']),
    'package.json': JSON.stringify({ dependencies: { 'direct-pack': '1', 'named-pack': '1' } }),
    'capstan.yaml':
      'version: 1\npacks: { named_pack: { from: named-pack } }\nworkspaces: { default: { packs: [named_pack] } }\n',
  });
  expect(host.packs().map(({ code, enabled, state }) => [code, enabled, state.kind])).toEqual([
    ['direct_pack', false, 'discovered'],
    ['named_pack', true, 'needs_config'],
  ]);
});

test('a broken pack never stops the others, and says what is wrong with it', async () => {
  const { host } = await hostOn({
    'packs/bad/manifest.yaml': 'code: [broken',
    'packs/good/manifest.yaml': REMOTE_MANIFEST,
    'packs/twin/manifest.yaml': REMOTE_MANIFEST,
    'capstan.yaml':
      'version: 1\ndiscover: [./packs/*]\npacks: { line_pack: { from: ./packs/good } }\nworkspaces: { default: { packs: [line_pack, absent_pack] } }\n',
  });
  expect(host.packs().map(({ code, state }) => [code, state.kind])).toEqual([
    ['absent_pack', 'rejected'],
    ['bad', 'rejected'],
    ['line_pack', 'needs_config'],
    ['line_pack (packs/twin)', 'rejected'],
  ]);
  const twin = host.packs().at(-1);
  expect(twin?.state.kind === 'rejected' && twin.state.error.message).toMatch(
    /packs\/good is loaded, packs\/twin is not/,
  );
});

const connections = (list: string): string => `version: 1
discover: [./packs/*]
packs: { line_pack: { config: { api_token: shared-token-1 } } }
workspaces:
  default:
    packs: [line_pack]
    connections: [${list}]
egress: { allow_private: [127.0.0.0/8] }
`;

const withParam = REMOTE_MANIFEST.replace(
  'action: send_message }',
  'action: send_message, connection_param: channel_id }',
);

test('a call uses the connection it names, else the only one; else it is told the candidates', async () => {
  const service = await contractService();
  const connection = (id: string): string =>
    `{ id: ${id}, pack: line_pack, tool_type: line, connection_type: remote, name: "Line ${id}", remote_cluster_url: "${service.url}", remote_connection_id: C-${id} }`;
  const { host } = await hostOn({
    'packs/line/manifest.yaml': withParam,
    'capstan.yaml': connections(`${connection('one')}, ${connection('two')}`),
  });
  const call = (name?: string) =>
    host.invoke({
      tool: 'line_send_message',
      arguments: { to: 'x' },
      ...(name === undefined ? {} : { connection: name }),
    });
  expect(await call()).toMatchObject({
    status: 'failed',
    error: { code: 'CAPSTAN_CONNECTION_AMBIGUOUS', details: { candidates: [{ id: 'one' }, { id: 'two' }] } },
  });
  expect((await call('two')).status).toBe('succeeded');
  expect((await call('Line one')).status).toBe('succeeded');
  expect(await call('three')).toMatchObject({ error: { code: 'CAPSTAN_CONNECTION_NOT_FOUND' } });
  expect(service.requests.map(({ body }) => body.channel_id)).toEqual(['C-two', 'C-one']);
  const single = await hostOn({
    'packs/line/manifest.yaml': withParam,
    'capstan.yaml': connections(connection('one')),
  });
  expect((await single.host.invoke({ tool: 'line_send_message', arguments: { to: 'x' } })).status).toBe('succeeded');
});

test('several connections without a choice leave the tool listed and the pack readable', async () => {
  const one = (id: string): string =>
    `{ id: ${id}, pack: line_pack, tool_type: line, remote_cluster_url: "http://127.0.0.1:9" }`;
  const { host } = await hostOn({
    'packs/line/manifest.yaml': REMOTE_MANIFEST,
    'capstan.yaml': connections(`${one('a')}, ${one('b')}`),
  });
  expect(host.listTools().items.map(({ state }) => state.kind)).toEqual(['ready']);
  expect(host.connections().map(({ id }) => id)).toEqual(['a', 'b']);
  expect(host.packs()[0]?.state.kind).toBe('ready');
});

test('a tool that needs the account id says so, and where to put it', async () => {
  const { host } = await hostOn({
    'packs/line/manifest.yaml': withParam,
    'capstan.yaml': connections('').replace(
      '{ api_token: shared-token-1 }',
      '{ api_token: shared-token-1, base_url: "http://127.0.0.1:9" }',
    ),
  });
  expect(host.findTool('line_send_message')?.state).toMatchObject({
    kind: 'needs_config',
    missing: [{ key: 'remote_connection_id' }],
  });
  const outcome = await host.invoke({ tool: 'line_send_message', arguments: { to: 'x', channel_id: 'mine' } });
  expect(outcome.status).toBe('failed');
});

test('system config beats the connection, and explain says who won and who lost', async () => {
  const { host } = await hostOn({
    'packs/line/manifest.yaml': REMOTE_MANIFEST,
    'capstan.yaml': connections(
      '{ id: one, pack: line_pack, tool_type: line, remote_cluster_url: "http://one.example", auth: { type: bearer, token: lost-token-12 } }',
    ),
  });
  const { trace, missing } = host.explainConfig('line_pack', { connection: 'one' });
  expect(missing).toEqual([]);
  expect(trace.find(({ key }) => key === 'api_token')).toMatchObject({
    secret: true,
    winner: { layer: 'system', source: { kind: 'file', line: 3 } },
    overridden: [{ layer: 'connection' }],
  });
  expect(JSON.stringify(trace)).not.toContain('lost-token-12');
  expect(() => host.explainConfig('nope')).toThrow(expect.objectContaining({ code: 'CAPSTAN_PACK_NOT_FOUND' }));
});
