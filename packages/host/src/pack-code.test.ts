import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { contractService } from './test-kit/contract-service.ts';
import { hostOn } from './test-kit/test-host.ts';

const manifest = (tools: string): string => `code: coded
display_name: Coded
version: 1.0.0
description: Code
config:
  schema:
    - { name: base_url, type: string, required: false, description: Where }
    - { name: api_token, type: string, required: false, secret: true, description: Token }
tools:
${tools}`;

const tool = (name: string, backend: string): string =>
  `  - { name: ${name}, description: Does it, backend: "${backend}" }\n`;

const settings = (trust: boolean, config = ''): string => `version: 1
discover: [./packs/*]
packs: { coded: { ${trust ? 'trust: in_process' : ''}${config} } }
workspaces: { default: { packs: [coded] } }
egress: { allow_private: [127.0.0.0/8] }
`;

test('code of an author does not run until the operator trusts it, and the message has the line to add', async () => {
  const { host } = await hostOn({
    'packs/coded/manifest.yaml': manifest(tool('run', './tools.mjs:run')),
    'packs/coded/tools.mjs': 'globalThis.capstanTestLoaded = true; export const run = () => () => 1;',
    'capstan.yaml': settings(false).replace('packs: { coded: {  } }', ''),
  });
  const [pack] = host.packs();
  expect(pack?.state).toMatchObject({ kind: 'rejected', error: { code: 'CAPSTAN_PACK_UNTRUSTED' } });
  expect(pack?.state.kind === 'rejected' && pack.state.error.hint).toContain(
    'coded:\n      from: packs/coded\n      trust: in_process',
  );
  expect(host.listTools().items).toEqual([]);
  expect(Reflect.has(globalThis, 'capstanTestLoaded')).toBe(false);
});

test('code that nobody enabled is found, and nothing is wrong with it', async () => {
  const { host } = await hostOn({
    'packs/coded/manifest.yaml': manifest(tool('run', './tools.mjs:run')),
    'packs/coded/tools.mjs': 'export const run = () => () => 1;',
    'capstan.yaml': 'version: 1\ndiscover: [./packs/*]\nworkspaces: { default: {} }\n',
  });
  expect(host.packs()).toMatchObject([{ code: 'coded', enabled: false, state: { kind: 'discovered' } }]);
  await expect(host.enablePack('coded')).rejects.toMatchObject({ code: 'CAPSTAN_PACK_UNTRUSTED' });
});

test('code loads at the first call, gets the services that it names, and its handler is built once', async () => {
  const service = await contractService();
  const { host } = await hostOn({
    'packs/coded/manifest.yaml': manifest(tool('line.send_it', 'coded.tools:line_send_it')),
    'packs/coded/tools.mjs': `
      globalThis.capstanBuilt = 0;
      export const lineSendIt = ({ remoteToolAdapter, connection, config, logger, clock }) => {
        globalThis.capstanBuilt += 1;
        return async (input, context) => {
          logger.info('sending');
          const answer = await remoteToolAdapter.call({ connection, toolType: 'line', action: 'send', params: input, context });
          return { answer, token: String(config.api_token), at: clock.now() };
        };
      };`,
    'capstan.yaml': settings(true, `, config: { base_url: "${service.url}", api_token: hidden-token-value }`),
  });
  expect(Reflect.has(globalThis, 'capstanBuilt')).toBe(false);
  const first = await host.invoke({ tool: 'line_send_it', arguments: { to: 'U1' } });
  await host.invoke({ tool: 'line_send_it', arguments: { to: 'U2' } });
  expect(first).toMatchObject({
    status: 'succeeded',
    result: { value: { answer: { echo: { to: 'U1' } }, token: '●●●●' } },
  });
  expect(service.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
    ['/v1/tools/line.send', 'Bearer hidden-token-value'],
    ['/v1/tools/line.send', 'Bearer hidden-token-value'],
  ]);
  expect(Reflect.get(globalThis, 'capstanBuilt')).toBe(1);
});

test('code reads a secret as text where its manifest reveals that one, and no other', async () => {
  const { host } = await hostOn({
    'packs/coded/manifest.yaml': `${manifest(tool('run', './tools.mjs:run'))}reveal: [api_token]\n`,
    'packs/coded/tools.mjs': `
      export const run = ({ config, connection }) => () => ({
        length: config.api_token.length, opaque: String(connection.config.api_token),
      });`,
    'capstan.yaml': settings(true, ', config: { api_token: hidden-token-value }'),
  });
  expect(await host.invoke({ tool: 'run' })).toMatchObject({
    status: 'succeeded',
    result: { value: { length: 'hidden-token-value'.length, opaque: '●●●●' } },
  });
});

test('a missing service refuses to start that pack with the resolution path, and other packs run', async () => {
  const { host } = await hostOn(
    {
      'packs/coded/manifest.yaml': manifest(tool('a', './tools.mjs:a') + tool('b', './tools.mjs:b')),
      'packs/coded/tools.mjs':
        'export const a = ({ nosuch }) => () => nosuch; export const b = ({ left }) => () => left;',
      'capstan.yaml': settings(true),
    },
    { services: { left: ({ right }: { right: unknown }) => right, right: ({ left }: { left: unknown }) => left } },
  );
  host.register({ id: 'app.fine', description: 'x', handler: () => 'fine' });
  const missing = await host.invoke({ tool: 'a' });
  expect(missing).toMatchObject({ status: 'failed', error: { code: 'CAPSTAN_PACK_FAILED' } });
  expect(missing.status === 'failed' && missing.error.message).toMatch(/nosuch.*coded\.a -> nosuch/);
  const circular = await host.invoke({ tool: 'b' });
  expect(circular.status === 'failed' && circular.error.message).toMatch(/coded\.b -> left -> right -> left/);
  expect(host.packs()[0]?.state).toMatchObject({ kind: 'failed', error: { code: 'CAPSTAN_PACK_FAILED' } });
  expect(await host.invoke({ tool: 'app.fine' })).toMatchObject({ status: 'succeeded' });
});

test.each([
  ['./missing.mjs:run', /no module/],
  ['./tools.mjs:absent', /exports run, value, but no function/],
  ['./tools.mjs:value', /no function value/],
  ['./broken.mjs:run', /does not load/],
  ['./notfactory.mjs:run', /returned number, not a handler/],
])('backend %s fails with what is wrong', async (backend, expected) => {
  const { host } = await hostOn({
    'packs/coded/manifest.yaml': manifest(tool('run', backend)),
    'packs/coded/tools.mjs': 'export const run = () => () => 1; export const value = 1;',
    'packs/coded/broken.mjs': 'export const run = (;',
    'packs/coded/notfactory.mjs': 'export const run = () => 1;',
    'capstan.yaml': settings(true),
  });
  const outcome = await host.invoke({ tool: 'run' });
  expect(outcome).toMatchObject({ status: 'failed', error: { code: 'CAPSTAN_PACK_FAILED' } });
  expect(outcome.status === 'failed' && outcome.error.message).toMatch(expected);
});

test('tools call other tools as the same principal, through the whole pipeline, and loops end', async () => {
  const { host, records } = await hostOn({
    'packs/coded/manifest.yaml': manifest(tool('outer', './tools.mjs:outer') + tool('loop', './tools.mjs:loop')),
    'packs/coded/tools.mjs': `
      export const outer = ({ tools }) => async (input, context) => ({ inner: await tools.call('app.inner', input, context) });
      export const loop = ({ tools }) => (input, context) => tools.call('loop', input, context);`,
    'capstan.yaml': settings(true),
  });
  host.register({ id: 'app.inner', description: 'x', handler: (_input, { principal }) => principal.id });
  const principal = { id: 'key:a', roles: ['agent'], permissions: [] };
  expect(await host.invoke({ tool: 'outer', principal })).toMatchObject({ result: { value: { inner: 'key:a' } } });
  expect(records.map((record) => [record.tool, record.surface])).toEqual([
    ['app.inner', 'tool'],
    ['coded.outer', 'in_process'],
  ]);
  const looped = await host.invoke({ tool: 'loop', principal });
  expect(looped.status === 'failed' && looped.error.message).toContain('levels deep');
});

test("pack code reaches only its pack's hosts, whatever it asks the adapter or http for", async () => {
  const service = await contractService();
  const foreign = await contractService();
  const { host } = await hostOn({
    'packs/coded/manifest.yaml': manifest(tool('adapter', './tools.mjs:adapter') + tool('http', './tools.mjs:http')),
    'packs/coded/tools.mjs': `
      export const adapter = ({ remoteToolAdapter, connection }) => (input, context) => remoteToolAdapter.call({
        connection: { ...connection, remoteClusterUrl: input.url }, toolType: 'x', action: 'y', params: {}, context,
        policy: { egress: [input.url] } });
      export const http = ({ http }) => async (input, context) => (await http.request(input.url, { context })).status;`,
    'capstan.yaml': settings(true, `, config: { base_url: "${service.url}" }`),
  });
  for (const name of ['adapter', 'http']) {
    expect(await host.invoke({ tool: name, arguments: { url: foreign.url } })).toMatchObject({
      status: 'failed',
      error: { code: 'CAPSTAN_EGRESS_DENIED' },
    });
  }
  expect(await host.invoke({ tool: 'http', arguments: { url: `${service.url}/x` } })).toMatchObject({
    result: { value: 200 },
  });
  expect(foreign.requests).toEqual([]);
});

test('pack code hears the events of a stream as they come, and gets any other answer whole', async () => {
  const service = createServer((request, response) => {
    if (request.url === '/plain') return void response.setHeader('content-type', 'application/json').end('{"a":1}');
    response.setHeader('content-type', 'text/event-stream');
    response.write('data: one\n\nevent: step\ndata: tw');
    if (request.url === '/cut') return void setTimeout(() => response.destroy(), 20);
    setTimeout(() => response.end('o\n\n'), 20);
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void service.close());
  const address = service.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const { host } = await hostOn({
    'packs/coded/manifest.yaml': manifest(tool('hear', './tools.mjs:hear')),
    'packs/coded/tools.mjs': `
      export const hear = ({ http, connection }) => async ({ path }, context) => {
        const heard = [];
        const { text } = await http.request(connection.remoteClusterUrl + path, { context, onEvent: (event) => {
          heard.push(event);
        } });
        return { heard, text };
      };`,
    'capstan.yaml': settings(true, `, config: { base_url: "${url}" }`),
  });
  const heard = [
    { name: 'message', data: 'one' },
    { name: 'step', data: 'two' },
  ];
  expect(await host.invoke({ tool: 'hear', arguments: { path: '/stream' } })).toMatchObject({
    result: { value: { heard, text: '' } },
  });
  expect(await host.invoke({ tool: 'hear', arguments: { path: '/plain' } })).toMatchObject({
    result: { value: { heard: [], text: '{"a":1}' } },
  });
  expect(await host.invoke({ tool: 'hear', arguments: { path: '/cut' } })).toMatchObject({
    status: 'failed',
    error: { code: 'CAPSTAN_REMOTE_INVALID_RESPONSE', details: { reason: 'truncated', attempts: 1 } },
  });
});
