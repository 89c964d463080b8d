import type { JsonObject, JsonValue } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { linePackFolder } from '../line-pack.test.support.ts';
import { ADMIN_KEY, AGENT_KEY, type ServerUnderTest, serverUnderTest } from '../running-server.test.support.ts';

const OPERATOR_KEY = 'cap_operator_of-the-tests';
const SECRET = 'c4nary-over-the-api';

async function server(): Promise<ServerUnderTest> {
  const { config } = linePackFolder({ workspaces: { default: { packs: ['line_pack'] }, other: {} } });
  return serverUnderTest({
    hostOptions: { config },
    keys: [
      { name: 'admin', role: 'admin', value: ADMIN_KEY },
      { name: 'operator', role: 'operator', workspace: 'default', value: OPERATOR_KEY },
      { name: 'agent', role: 'agent', workspace: 'default', value: AGENT_KEY },
    ],
  });
}

interface Answer {
  readonly status: number;
  readonly body: JsonObject;
}

async function ask(
  { send }: ServerUnderTest,
  line: string,
  body?: JsonValue,
  { key = ADMIN_KEY, headers = {} }: { readonly key?: string; readonly headers?: Record<string, string> } = {},
): Promise<Answer> {
  const [method = '', path = ''] = line.split(' ');
  const response = await send(`/v1/${path}`, { method, key, headers, ...(body === undefined ? {} : { body }) });
  return { status: response.status, body: (await response.json()) as JsonObject };
}

const CONNECTION = { pack: 'line_pack', tool_type: 'line', remote_cluster_url: 'http://127.0.0.1:1' };

test('workspaces are made, shown with what is in them, and deleted', async () => {
  const app = await server();
  const made = await ask(app, 'POST workspaces', { id: 'support', name: 'Support team' });
  expect(made).toMatchObject({ status: 200, body: { id: 'support', origin: { kind: 'runtime', by: 'key:admin' } } });
  await ask(app, 'POST workspaces/support/connections', { ...CONNECTION, id: 'main' });
  const shown = await ask(app, 'GET workspaces/support');
  expect(shown.body).toMatchObject({ connections: ['main'], packs: [], setting_count: 0 });
  const listed = await ask(app, 'GET workspaces');
  expect(listed.body).toMatchObject({ items: [{ id: 'default' }, { id: 'other' }, { id: 'support' }], revision: 2 });
  expect(await ask(app, 'DELETE workspaces/support')).toMatchObject({ status: 200, body: { connections: ['main'] } });
  expect((await ask(app, 'GET workspaces/support')).status).toBe(404);
});

test('a connection is created, changed and deleted, and its secret never comes back', async () => {
  const app = await server();
  const auth = { type: 'bearer', token: SECRET };
  const answers = [
    await ask(app, 'POST workspaces/other/connections', { ...CONNECTION, id: 'main', auth }),
    await ask(app, 'PATCH workspaces/other/connections/main', { name: 'first', config: { api_token: SECRET } }),
    await ask(app, 'GET workspaces/other/connections/main'),
    await ask(app, 'GET workspaces/other/connections'),
    await ask(app, 'GET workspaces/other/packs/line_pack/config?explain=true'),
    await ask(app, 'PUT packs/line_pack/config/api_token', { secret: SECRET }),
    await ask(app, 'GET config'),
    await ask(app, 'DELETE workspaces/other/connections/first'),
  ];
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  expect(answers[2]?.body).toMatchObject({ secrets: ['/config/api_token', '/auth/token'], set_by: 'key:admin' });
  expect(JSON.stringify(answers)).not.toContain(SECRET);
  expect(app.logLines.join('')).not.toContain(SECRET);
});

test('config is set and unset, in a workspace and in all of them', async () => {
  const app = await server();
  const key = 'packs/line_pack/config/base_url';
  expect(await ask(app, `PUT ${key}`, { value: 'http://all' })).toMatchObject({
    body: { value: 'http://all', secret: false },
  });
  expect(await ask(app, `PUT workspaces/other/${key}`, { value: 'http://other' })).toMatchObject({
    body: { workspace: 'other', set_by: 'key:admin' },
  });
  const explained = await ask(app, 'GET workspaces/other/packs/line_pack/config?explain=true');
  expect(explained.body.keys).toContainEqual(
    expect.objectContaining({
      key: 'base_url',
      winner: expect.objectContaining({ value: 'http://other', source: expect.objectContaining({ kind: 'setting' }) }),
      overridden: [expect.objectContaining({ value: 'http://all' })],
    }),
  );
  expect((await ask(app, 'GET workspaces/other/config')).body.items).toHaveLength(2);
  expect(await ask(app, `DELETE workspaces/other/${key}`)).toMatchObject({
    status: 200,
    body: { removed: 'base_url' },
  });
  expect(await ask(app, `DELETE workspaces/other/${key}`)).toMatchObject({ status: 404 });
});

test('the form of a config says what is secret', async () => {
  const app = await server();
  const { body } = await ask(app, 'GET workspaces/other/packs/line_pack/config/schema');
  expect(body.schema).toMatchObject({ properties: { api_token: { 'x-secret': true } } });
  expect(body.ui_schema).toMatchObject({ api_token: { 'ui:widget': 'password' } });
});

test('If-Match refuses a change of what somebody else changed', async () => {
  const app = await server();
  const { body } = await ask(app, 'GET workspaces');
  const headers = { 'if-match': `"${body.revision}"` };
  expect((await ask(app, 'POST workspaces', { id: 'one' }, { headers })).status).toBe(200);
  const late = await ask(app, 'POST workspaces', { id: 'two' }, { headers });
  expect(late).toMatchObject({ status: 409, body: { error: { code: 'CAPSTAN_CONFLICT', details: { revision: 1 } } } });
  expect((await ask(app, 'POST workspaces', { id: 'two' }, { headers: { 'if-match': 'W/x' } })).status).toBe(400);
});

test('wrong input is answered with every problem and its pointer', async () => {
  const app = await server();
  const wrong = await ask(app, 'POST workspaces/other/connections', {
    ...CONNECTION,
    tool_type: 'lne',
    nmae: 'x',
    config: 7,
  });
  expect(wrong).toMatchObject({
    status: 400,
    body: { error: { details: { problems: [{ in: 'body', pointer: '/config' }] } } },
  });
  const unknown = await ask(app, 'POST workspaces/other/connections', { ...CONNECTION, nmae: 'x' });
  expect(unknown.body.error).toMatchObject({
    details: { problems: [{ pointer: '/nmae', hint: "Did you mean 'name'?" }] },
  });
  expect(await ask(app, 'POST workspaces', { id: 'No Slug' })).toMatchObject({
    body: { error: { details: { problems: [{ pointer: '/id' }] } } },
  });
});

test('what capstan.yaml declares is answered with 409 and its place', async () => {
  const app = await server();
  const refused = await ask(app, 'DELETE workspaces/other');
  expect(refused.status).toBe(409);
  expect(refused.body.error).toMatchObject({
    code: 'CAPSTAN_CONFLICT',
    message: expect.stringMatching(/capstan\.yaml:\d+:\d+ declares the workspace other/),
    details: { line: expect.any(Number) },
  });
});

test('an operator changes its own workspace, with values and not with references, and nobody else does', async () => {
  const app = await server();
  const operator = { key: OPERATOR_KEY };
  const key = 'workspaces/default/packs/line_pack/config/base_url';
  expect((await ask(app, `PUT ${key}`, { value: 'http://own' }, operator)).status).toBe(200);
  expect(await ask(app, `PUT ${key}`, { value: ['env:HOME_TOKEN'] }, operator)).toMatchObject({
    body: { error: { code: 'CAPSTAN_REFERENCE_FORBIDDEN' } },
  });
  expect((await ask(app, 'POST workspaces/default/connections', CONNECTION, operator)).status).toBe(200);
  expect((await ask(app, 'GET workspaces', undefined, operator)).body.items).toHaveLength(1);
  for (const line of ['PUT packs/line_pack/config/base_url', 'POST workspaces', 'DELETE workspaces/default']) {
    expect((await ask(app, line, { value: 'x', id: 'x' }, operator)).status).toBe(403);
  }
  expect((await ask(app, 'GET workspaces/other', undefined, operator)).status).toBe(404);
  for (const line of [
    `PUT ${key}`,
    'POST workspaces/default/connections',
    'GET workspaces',
    'GET workspaces/default/config',
  ]) {
    expect(
      (await ask(app, line, line.startsWith('GET') ? undefined : { ...CONNECTION, value: 'x' }, { key: AGENT_KEY }))
        .status,
    ).toBe(403);
  }
});

test('a key is shown once, opens its workspace until it is revoked, and stands in the list without its value', async () => {
  const app = await server();
  const wanted = { name: 'support-agent', role: 'agent', workspace: 'other', expires_in_s: 3600 };
  const made = await ask(app, 'POST keys', wanted);
  expect(made).toMatchObject({
    status: 200,
    body: { name: 'support-agent', state: 'active', created_by: 'key:admin' },
  });
  const key = String(made.body.value);
  expect((await ask(app, 'GET workspaces/other/tools', undefined, { key })).status).toBe(200);
  expect((await ask(app, 'GET workspaces/default/tools', undefined, { key })).status).toBe(404);
  const listed = await ask(app, 'GET keys');
  expect(listed.body.items).toContainEqual(expect.objectContaining({ name: 'admin', origin: 'file' }));
  expect(JSON.stringify(listed)).not.toContain(key);
  expect(await ask(app, 'DELETE keys/support-agent')).toMatchObject({ status: 200, body: { state: 'revoked' } });
  expect((await ask(app, 'GET workspaces/other/tools', undefined, { key })).status).toBe(401);
  expect(app.logLines.join('')).not.toContain(key);
});

test('a key of the operator’s file is neither made again nor revoked', async () => {
  const app = await server();
  expect(await ask(app, 'POST keys', { name: 'agent', role: 'admin' })).toMatchObject({ status: 409 });
  expect(await ask(app, 'DELETE keys/agent')).toMatchObject({ status: 409 });
  expect(await ask(app, 'POST keys', { name: 'x', role: 'agent' })).toMatchObject({ status: 400 });
  expect(await ask(app, 'POST keys', { name: 'x', role: 'agent', workspace: 'nowhere' })).toMatchObject({
    status: 404,
  });
});
