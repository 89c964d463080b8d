import { expect, test } from 'vitest';
import { linePackFolder } from '../line-pack.test.support.ts';
import { ADMIN_KEY, serverUnderTest } from '../running-server.test.support.ts';

const BASE = '/v1/workspaces/default';
const TOKEN = 's3cret-token-42';

test('a pack is enabled with the variables that it may read, and disabled', async () => {
  const { config } = linePackFolder({ workspaces: { default: {} } });
  const environment = { LINE_BASE_URL: 'http://127.0.0.1:9', LINE_API_TOKEN: TOKEN };
  const server = await serverUnderTest({ hostOptions: { config, environment } });
  const packs = async (key?: string) => (await server.send(`${BASE}/packs`, { key })).json();
  expect(await packs(ADMIN_KEY)).toMatchObject({
    items: [
      {
        code: 'line_pack',
        display_name: 'LINE',
        version: '1.2.0',
        enabled: false,
        state: { kind: 'discovered' },
        tool_count: 1,
        environment: [
          { name: 'LINE_BASE_URL', allowed: false },
          { name: 'LINE_API_TOKEN', allowed: false },
        ],
      },
    ],
  });
  expect(await packs()).toEqual({ items: [] });
  const enabled = await server.send(`${BASE}/packs/line_pack/enable`, {
    key: ADMIN_KEY,
    body: { environment: ['LINE_BASE_URL'] },
  });
  expect(enabled.status).toBe(200);
  expect(await enabled.json()).toMatchObject({ enabled: true, state: { kind: 'ready' } });
  expect((await server.send(`${BASE}/tools/line_send_message`)).status).toBe(200);
  expect(await packs()).toMatchObject({ items: [{ code: 'line_pack' }] });
  const disabled = await server.send(`${BASE}/packs/line_pack/disable`, { key: ADMIN_KEY, method: 'POST' });
  expect(await disabled.json()).toMatchObject({ enabled: false });
  expect((await server.send(`${BASE}/tools/line_send_message`)).status).toBe(404);
});

test('an unknown pack is 404', async () => {
  const server = await serverUnderTest();
  for (const [method, path] of [
    ['POST', 'enable'],
    ['POST', 'disable'],
    ['GET', 'config'],
  ] as const) {
    const response = await server.send(`${BASE}/packs/nope/${path}`, { key: ADMIN_KEY, method });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'CAPSTAN_PACK_NOT_FOUND' } });
  }
});

test('config is explained with its layers, and no secret is in it', async () => {
  const { config } = linePackFolder({
    packs: { line_pack: { config: { base_url: 'http://127.0.0.1:9', api_token: TOKEN } } },
    workspaces: { default: { packs: ['line_pack'] } },
  });
  const server = await serverUnderTest({ hostOptions: { config } });
  const response = await server.send(`${BASE}/packs/line_pack/config?explain=true`, { key: ADMIN_KEY });
  expect(response.status).toBe(200);
  const text = await response.text();
  expect(text).not.toContain(TOKEN);
  expect(JSON.parse(text)).toMatchObject({
    ready: true,
    keys: [
      { key: 'base_url', outcome: 'set', winner: { layer: 'system', value: 'http://127.0.0.1:9' } },
      { key: 'api_token', secret: true, winner: { value: expect.stringMatching(/^●●●●/) } },
    ],
  });
});

test('what is missing is named with the places where it can be set', async () => {
  const { config } = linePackFolder({ workspaces: { default: { packs: ['line_pack'] } } });
  const server = await serverUnderTest({ hostOptions: { config } });
  const listed = await (await server.send(`${BASE}/packs`)).json();
  expect(listed).toMatchObject({
    items: [{ state: { kind: 'needs_config', missing: [{ key: 'base_url', places: expect.any(Array) }] } }],
  });
  const call = await server.send(`${BASE}/tools/line_send_message/invoke`, { body: { arguments: { to: 'U1' } } });
  expect(call.status).toBe(503);
  expect(await call.json()).toMatchObject({ error: { code: 'CAPSTAN_NEEDS_CONFIG' } });
});

test('connections and circuits are listed, the credentials are not', async () => {
  const connection = {
    id: 'line-main',
    pack: 'line_pack',
    tool_type: 'line',
    remote_cluster_url: 'http://127.0.0.1:9',
    auth: { type: 'bearer', token: TOKEN },
  };
  const { config } = linePackFolder({
    packs: { line_pack: { config: { base_url: 'http://127.0.0.1:9' } } },
    workspaces: { default: { packs: ['line_pack'], connections: [connection] } },
    egress: { allow_private: ['127.0.0.0/8'] },
  });
  const server = await serverUnderTest({ hostOptions: { config } });
  const response = await server.send(`${BASE}/connections`);
  const text = await response.text();
  expect(text).not.toContain(TOKEN);
  const listed = JSON.parse(text);
  expect(listed).toMatchObject({
    items: [{ id: 'line-main', tool_type: 'line', auth_type: 'bearer', derived: false }],
  });
  const shown = await (await server.send(`${BASE}/tools/line_send_message`)).json();
  expect(shown).toMatchObject({ connections: listed.items });
  await server.send(`${BASE}/tools/line_send_message/invoke`, { body: { arguments: { to: 'U1' } } });
  const circuits = await server.send(`${BASE}/circuits`, { key: ADMIN_KEY });
  expect(await circuits.json()).toMatchObject({ items: expect.any(Array) });
});
