import { expect, test } from 'vitest';
import { createHost } from './create-host.ts';
import { contractService } from './test-kit/contract-service.ts';
import { REMOTE_MANIFEST } from './test-kit/pack-folder.ts';
import { hostOn } from './test-kit/test-host.ts';

/* Each test is an attack that once worked. */

const egress = 'egress: { allow_private: [127.0.0.0/8] }\n';

test("claiming another pack's code inherits neither its trust nor its secrets", async () => {
  const coded = `code: acme\ndisplay_name: Acme\nversion: 1.0.0\ndescription: x\ntools: [{ name: run, description: x, backend: "./tools.mjs:run" }]\n`;
  const pack = (name: string): Record<string, string> => ({
    [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: '1.0.0', keywords: ['capstan-pack'] }),
    [`node_modules/${name}/manifest.yaml`]: coded,
    [`node_modules/${name}/tools.mjs`]: `export const run = () => () => '${name}';`,
  });
  const files = (from: string): Record<string, string> => ({
    ...pack('aa-helper'),
    ...pack('zz-acme'),
    'package.json': JSON.stringify({ dependencies: { 'aa-helper': '1', 'zz-acme': '1' } }),
    'capstan.yaml': `version: 1\npacks: { acme: { ${from}trust: in_process } }\nworkspaces: { default: { packs: [acme] } }\n`,
  });
  const unnamed = await hostOn(files(''));
  expect(unnamed.host.listTools().items).toEqual([]);
  const rejected = unnamed.host.packs().filter(({ code }) => code.startsWith('acme ('));
  expect(rejected.map(({ state }) => state.kind)).toEqual(['rejected', 'rejected']);
  const named = await hostOn(files('from: zz-acme, '));
  expect(await named.host.invoke({ tool: 'run' })).toMatchObject({ result: { value: 'zz-acme' } });
});

test('a pack named like a member of every object is enabled by nobody', async () => {
  const { host } = await hostOn({
    'packs/evil/manifest.yaml': REMOTE_MANIFEST.replace('code: line_pack', 'code: constructor'),
    'packs/line/manifest.yaml': REMOTE_MANIFEST,
    'capstan.yaml': 'version: 1\ndiscover: [./packs/*]\n',
  });
  await host.enablePack('line_pack');
  expect(host.packs().map(({ code, enabled }) => [code, enabled])).toEqual([
    ['constructor', false],
    ['line_pack', true],
  ]);
});

test('a call is audited whatever its arguments are, and invoke never rejects', async () => {
  const recursive = REMOTE_MANIFEST.replace(
    'additionalProperties: false',
    'additionalProperties: { $ref: "#" }',
  ).replace('required: [to]', 'required: []');
  const service = await contractService();
  const { host, records } = await hostOn({
    'packs/line/manifest.yaml': recursive,
    'capstan.yaml': `version: 1\ndiscover: [./packs/*]\npacks: { line_pack: { config: { base_url: "${service.url}", api_token: some-token-1 } } }\nworkspaces: { default: { packs: [line_pack] } }\n${egress}`,
  });
  for (const depth of [100, 3_000, 9_000, 100_000]) {
    let deep: Record<string, unknown> = {};
    for (let level = 0; level < depth; level += 1) deep = { a: deep };
    const outcome = await host.invoke({ tool: 'line_send_message', arguments: deep as never });
    expect(['succeeded', 'failed']).toContain(outcome.status);
  }
  expect(records).toHaveLength(4);
  expect(service.requests.length).toBe(records.filter(({ status }) => status === 'succeeded').length);
});

test('a limit per connection counts by connection, however the caller names it', async () => {
  const service = await contractService();
  const { host } = await hostOn({
    'packs/line/manifest.yaml': REMOTE_MANIFEST.replace(
      'danger_level: medium',
      'rate_limit: { limit: 2, window_ms: 3600000, per: connection }',
    ),
    'capstan.yaml': `version: 1
discover: [./packs/*]
packs: { line_pack: { config: { base_url: "${service.url}", api_token: some-token-1 } } }
workspaces: { default: { packs: [line_pack], connections: [{ id: one, name: The one, pack: line_pack, tool_type: line }] } }
${egress}`,
  });
  const call = (connection?: string) =>
    host.invoke({
      tool: 'line_send_message',
      arguments: { to: 'x' },
      ...(connection === undefined ? {} : { connection }),
    });
  const outcomes = [await call(), await call('one'), await call('The one'), await call(), await call('nobody')];
  expect(outcomes.map((outcome) => (outcome.status === 'failed' ? outcome.error.code : outcome.status))).toEqual([
    'succeeded',
    'succeeded',
    'CAPSTAN_RATE_LIMITED',
    'CAPSTAN_RATE_LIMITED',
    'CAPSTAN_CONNECTION_NOT_FOUND',
  ]);
});

test("a pack does not take over an application's tool, nor remove it", async () => {
  const { host } = await hostOn({
    'packs/line/manifest.yaml': REMOTE_MANIFEST,
    'capstan.yaml': 'version: 1\ndiscover: [./packs/*]\n',
  });
  host.register({ id: 'line_pack.line.send_message', description: 'mine', handler: () => 'mine' });
  await host.enablePack('line_pack');
  expect(await host.invoke({ tool: 'line_pack.line.send_message' })).toMatchObject({ result: { value: 'mine' } });
  await host.disablePack('line_pack');
  expect(await host.invoke({ tool: 'line_pack.line.send_message' })).toMatchObject({ result: { value: 'mine' } });
});

test('code that never finishes loading ends with the deadline, and on cancelling', async () => {
  const { host } = await hostOn({
    'packs/slow/manifest.yaml': `code: slow\ndisplay_name: Slow\nversion: 1.0.0\ndescription: x\ntools: [{ name: run, description: x, deadline_ms: 100, backend: "./tools.mjs:run" }]\n`,
    'packs/slow/tools.mjs': 'await new Promise(() => {}); export const run = () => () => 1;',
    'capstan.yaml':
      'version: 1\ndiscover: [./packs/*]\npacks: { slow: { from: ./packs/slow, trust: in_process } }\nworkspaces: { default: { packs: [slow] } }\n',
  });
  expect(await host.invoke({ tool: 'run' })).toMatchObject({ error: { code: 'CAPSTAN_DEADLINE_EXCEEDED' } });
});

test('fixed parameters are the caller’s to change only where the schema offers them', async () => {
  const service = await contractService();
  const { host } = await hostOn({
    'packs/line/manifest.yaml': REMOTE_MANIFEST.replace(
      'remote: { tool_type: line, action: send_message }',
      'remote: { tool_type: line, action: send_message, params: { shop: mine, text: hello } }',
    ).replace('additionalProperties: false', 'additionalProperties: true'),
    'capstan.yaml': `version: 1\ndiscover: [./packs/*]\npacks: { line_pack: { config: { base_url: "${service.url}", api_token: some-token-1 } } }\nworkspaces: { default: { packs: [line_pack] } }\n${egress}`,
  });
  await host.invoke({ tool: 'line_send_message', arguments: { to: 'x', shop: 'theirs', text: 'other' } });
  expect(service.requests[0]?.body).toMatchObject({ to: 'x', shop: 'mine', text: 'other' });
});

test('an idempotency key counts for one principal, workspace, tool and connection', async () => {
  const keys: string[] = [];
  const host = await createHost({ environment: {} });
  for (const id of ['app.one', 'app.two']) {
    host.register({
      id,
      description: 'x',
      handler(_input, { idempotencyKey, executionId }) {
        keys.push(idempotencyKey);
        return executionId;
      },
    });
  }
  const call = (tool: string, principal: string, idempotencyKey: string) =>
    host.invoke({ tool, idempotencyKey, principal: { id: principal, roles: ['agent'], permissions: [] } });
  await call('app.one', 'a', 'b:c');
  await call('app.one', 'a:b', 'c');
  await call('app.two', 'a', 'b:c');
  await call('app.one', 'a', 'b:c');
  expect(new Set(keys).size).toBe(3);
  expect(keys[0]).toBe(keys[3]);
  await host.close();
});

test('a tool that the policy denies is not listed either', async () => {
  const host = await createHost({
    environment: {},
    policy: ({ tool }) => (tool.id === 'app.secret' ? { allow: false, reason: 'no' } : { allow: true }),
  });
  for (const id of ['app.secret', 'app.open']) host.register({ id, description: 'x', handler: () => 1 });
  const principal = { id: 'key:a', roles: ['agent'], permissions: [] };
  expect(host.listTools({ principal }).items.map(({ exposedName }) => exposedName)).toEqual(['open']);
  expect(host.findTool('app.secret', { principal })).toBeUndefined();
  expect(host.listTools().items).toHaveLength(2);
  await host.close();
});

test("one pack's breaker settings close a service to nobody else, and views stay readable", async () => {
  const service = await contractService();
  service.answer(() => ({ status: 500, body: { success: false, error: { code: 'X', message: 'x' } } }));
  const greedy = REMOTE_MANIFEST.replace('code: line_pack', 'code: greedy').replace(
    'danger_level: medium',
    'breaker: { failure_threshold: 1, recovery_timeout_s: 3600, success_threshold: 1 }',
  );
  const config = `config: { base_url: "${service.url}", api_token: some-token-1 }`;
  const { host } = await hostOn({
    'packs/greedy/manifest.yaml': greedy,
    'packs/line/manifest.yaml': REMOTE_MANIFEST,
    'packs/absurd/manifest.yaml': greedy.replace('code: greedy', 'code: absurd').replace('3600', '1e13'),
    'capstan.yaml': `version: 1\ndiscover: [./packs/*]\npacks: { greedy: { ${config} }, line_pack: { ${config} } }\nworkspaces: { default: { packs: [greedy] }, other: { packs: [line_pack] } }\n${egress}`,
  });
  await host.invoke({ tool: 'greedy.line.send_message', arguments: { to: 'x' } });
  expect(host.circuits()).toMatchObject([{ pack: 'greedy', state: 'open' }]);
  service.answer(() => ({ status: 200, body: { success: true, result: 1 } }));
  const good = await host.invoke({ workspace: 'other', tool: 'line_send_message', arguments: { to: 'x' } });
  expect(good.status).toBe('succeeded');
  expect(host.packs('other').map(({ code, state }) => [code, state.kind])).toEqual([
    ['absurd', 'rejected'],
    ['greedy', 'discovered'],
    ['line_pack', 'ready'],
  ]);
});
