import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { mcpService } from '../test-kit/mcp-service.ts';
import { hostOn } from '../test-kit/test-host.ts';

async function service(): Promise<{ readonly url: string; readonly seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['x-api-key'] ?? '-'}`);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ items: [1, 2, 3] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

function settings(pack: object, workspace: object = {}): string {
  return JSON.stringify({
    version: 1,
    discover: ['./packs/*'],
    packs: { things: pack },
    workspaces: { default: { packs: ['things'], ...workspace } },
    egress: { allow_private: ['127.0.0.0/8'] },
  });
}

const MANIFEST = 'code: things\nversion: 1.0.0\ndescription: Things\n';

function spec(url: string): string {
  return JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'Things', version: '1' },
    servers: [{ url }],
    components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-Api-Key' } } },
    paths: {
      '/open': { get: { operationId: 'listOpen', tags: ['a'], summary: 'Lists what is open' } },
      '/closed/{id}': {
        get: { operationId: 'getClosed', tags: ['b'], security: [{ key: [] }] },
        trace: { operationId: 'traceClosed' },
      },
    },
  });
}

test('the operations of a document are tools of the pack; one that lacks a key says which, and the others run', async () => {
  const { url, seen } = await service();
  const { host } = await hostOn({
    'packs/things/manifest.yaml': `${MANIFEST}openapi: ./api.json\n`,
    'packs/things/api.json': spec(url),
    'capstan.yaml': settings({}),
  });
  expect(host.packs()).toMatchObject([
    {
      state: { kind: 'ready' },
      toolCount: 2,
      diagnostics: [{ code: 'CAPSTAN_PACK_SOURCE_PARTIAL', message: expect.stringContaining('TRACE /closed/{id}') }],
      environment: [{ name: 'THINGS_BASE_URL' }, { name: 'THINGS_API_KEY' }],
    },
  ]);
  expect(await host.invoke({ tool: 'listOpen' })).toMatchObject({ status: 'succeeded' });
  expect(seen).toEqual(['GET /open -']);
  expect(host.findTool('getClosed')?.state).toMatchObject({
    kind: 'needs_config',
    missing: [
      { key: 'api_key', secret: true, places: expect.arrayContaining([expect.stringContaining('THINGS_API_KEY')]) },
    ],
  });
  expect(await host.invoke({ tool: 'getClosed', arguments: { id: '7' } })).toMatchObject({
    status: 'failed',
    error: { code: 'CAPSTAN_NEEDS_CONFIG' },
  });
});

test('with the key the operation runs and sends it', async () => {
  const { url, seen } = await service();
  const { host } = await hostOn({
    'packs/things/manifest.yaml': `${MANIFEST}openapi: { file: api.json, include: { tags: [b] }, prefix: t_ }\n`,
    'packs/things/api.json': spec(url),
    'capstan.yaml': settings({ config: { api_key: 'k1' } }),
  });
  expect(host.listTools().items.map(({ definition }) => definition.name)).toEqual(['t_getClosed']);
  expect(await host.invoke({ tool: 't_getClosed', arguments: { id: 'a/b' } })).toMatchObject({ status: 'succeeded' });
  expect(seen).toEqual(['GET /closed/a%2Fb k1']);
});

test('what the manifest itself says of a tool and of a setting stands', async () => {
  const { url } = await service();
  const { host } = await hostOn({
    'packs/things/manifest.yaml': `${MANIFEST}openapi: api.json
config: { schema: [{ name: base_url, type: string, description: Mine, default: "${url}" }] }
tools:
  - { name: listOpen, description: My own words, http: { url: "\${config.base_url}/mine" } }
`,
    'packs/things/api.json': spec('https://nowhere.example.com'),
    'capstan.yaml': settings({}),
  });
  expect(host.findTool('listOpen')?.definition.description).toBe('My own words');
  expect(await host.invoke({ tool: 'listOpen' })).toMatchObject({ status: 'succeeded' });
});

test.each([
  ['missing.json', 'cannot be read'],
  ['../outside.json', 'leaves the folder'],
  ['broken.json', 'api'],
  ['swagger.json', 'only OpenAPI 3.0 and 3.1'],
])('a source that cannot be read (%s) is told with its place, and the other tools stay', async (file, message) => {
  const { host } = await hostOn({
    'packs/things/manifest.yaml': `${MANIFEST}tools: [{ name: own, http: { url: "https://x.example.com/" } }]\nopenapi: [${file}]\n`,
    'packs/things/broken.json': '{ "openapi": ',
    'packs/things/swagger.json': '{ "swagger": "2.0" }',
    'packs/outside.json': '{}',
    'capstan.yaml': settings({}),
  });
  const [pack] = host.packs();
  expect(pack).toMatchObject({ state: { kind: 'ready' }, toolCount: 1 });
  expect(pack?.diagnostics).toMatchObject([
    { severity: 'error', code: 'CAPSTAN_PACK_SOURCE_BROKEN', position: { line: 5 } },
  ]);
  if (file !== 'broken.json') expect(pack?.diagnostics[0]?.message).toContain(message);
});

function universe(url: string, mcp: string): string {
  const rest = {
    type: 'BaseRESTTool',
    description: 'Finds',
    parameter: { type: 'object', properties: { q: { type: 'string' } } },
  };
  return JSON.stringify([
    { ...rest, name: 'Find', fields: { endpoint: `${url}/find/{q}`, extract_path: 'items' } },
    {
      ...rest,
      name: 'FindKeyed',
      fields: { endpoint: `${url}/keyed`, auth_header: { env_var: 'FINDER_API_KEY', header: 'X-Api-Key' } },
    },
    { name: 'Think', type: 'PythonThinker', description: 'Thinks', parameter: { type: 'object', properties: {} } },
    { name: 'Served', type: 'MCPAutoLoaderTool', server_url: mcp, tool_prefix: 'far_', timeout: 5 },
  ]);
}

test('the entries of a ToolUniverse file are tools: runnable, needs_config with the variable, unsupported with the reason', async () => {
  const { url, seen } = await service();
  const mcp = await mcpService(['echo']);
  const { host } = await hostOn({
    'packs/things/manifest.yaml': `${MANIFEST}tooluniverse: ./tools.json\n`,
    'packs/things/tools.json': universe(url, mcp.url),
    'capstan.yaml': settings({}),
  });
  expect(await host.invoke({ tool: 'Find', arguments: { q: 'a b' } })).toMatchObject({
    status: 'succeeded',
    result: { value: { status: 'success', data: [1, 2, 3], count: 3, url: `${url}/find/a%20b` } },
  });
  expect(seen).toEqual(['GET /find/a%20b -']);
  expect(host.findTool('FindKeyed')?.state).toMatchObject({
    kind: 'needs_config',
    missing: [{ key: 'finder_api_key', places: expect.arrayContaining([expect.stringContaining('FINDER_API_KEY')]) }],
  });
  expect(host.findTool('Think')?.state).toEqual({
    kind: 'unsupported',
    reason: expect.stringMatching(/PythonThinker is Python code.*mcp_servers/),
  });
  await expect.poll(() => host.findTool('far_echo')?.state).toEqual({ kind: 'ready' });
  expect(host.packs()).toMatchObject([{ diagnostics: [{ code: 'CAPSTAN_PACK_SOURCE_PARTIAL' }] }]);
});

test('with the variable that the operator lets the pack read, the tool is ready and sends it', async () => {
  const { url, seen } = await service();
  const { host } = await hostOn(
    {
      'packs/things/manifest.yaml': `${MANIFEST}tooluniverse: { file: tools.json, include: { types: [BaseRESTTool] } }\n`,
      'packs/things/tools.json': universe(url, 'http://127.0.0.1:1/mcp'),
      'capstan.yaml': settings({ environment: ['FINDER_API_KEY'] }),
    },
    { environment: { FINDER_API_KEY: 'k2' } },
  );
  expect(host.packs()).toMatchObject([{ diagnostics: [], toolCount: 2 }]);
  expect(await host.invoke({ tool: 'FindKeyed' })).toMatchObject({ status: 'succeeded' });
  expect(seen).toEqual(['GET /keyed k2']);
});

test('a URL that is written out may be reached by its own tool, and an egress list is the whole truth', async () => {
  const { url, seen } = await service();
  const { host } = await hostOn({
    'packs/things/manifest.yaml': `${MANIFEST}tools: [{ name: open, http: { url: "${url}/open" } }]\n`,
    'packs/listed/manifest.yaml': `${MANIFEST.replace('things', 'listed')}egress: [api.example.com]\ntools: [{ name: shut, http: { url: "${url}/shut" } }]\n`,
    'capstan.yaml': settings({}).replace('"packs":["things"]', '"packs":["things","listed"]'),
  });
  expect(await host.invoke({ tool: 'open' })).toMatchObject({ status: 'succeeded' });
  expect(await host.invoke({ tool: 'shut' })).toMatchObject({ error: { code: 'CAPSTAN_EGRESS_DENIED' } });
  expect(seen).toEqual(['GET /open -']);
});
