import { loadHostSettings, type ResultStore } from '@capstan/host';
import { compileSchema } from '@capstan/schema';
import { CapstanError, ERROR_CODES, type ErrorCode, type JsonValue } from '@capstan/sdk';
import { type ApprovalStore, createMemoryStore } from '@capstan/store';
import { expect, test } from 'vitest';
import { linePackFolder } from '../line-pack.test.support.ts';
import {
  ADMIN_KEY,
  type ServerUnderTest,
  serverUnderTest,
  type TestRequest,
  tool,
} from '../running-server.test.support.ts';
import type { OpenApiDocument, OpenApiOperation } from './openapi-document.ts';

const BASE = '/v1/workspaces/default';

test('what the server answers is what the document says, whatever becomes of the request', async () => {
  const server = await documentedServer();
  const document = await documentOf(server);
  const seen = new Set<string>();
  let startedRun = RUN;
  for (const { operation, path, ...request } of requests()) {
    const response = await server.send(path.replace(RUN, startedRun), request);
    const documented = operationNamed(document, operation).responses[String(response.status)];
    const answer = (await response.json()) as JsonValue;
    expect(`${operation} ${response.status} ${documented === undefined ? 'is not documented' : ''}`.trim()).toBe(
      `${operation} ${response.status}`,
    );
    expect(problems(document, documented?.content?.['application/json']?.schema, answer), `${path}`).toEqual([]);
    seen.add(`${operation} ${response.status}`);
    if (operation === 'startRun' && response.ok) startedRun = runIdOf(answer);
  }
  const successes = operationsOf(document).map(({ operationId }) => `${operationId} 200`);
  expect([...seen]).toEqual(expect.arrayContaining(successes));
});

test('the document lists every code under its own status, once', async () => {
  const document = await documentOf(await serverUnderTest());
  const { responses } = operationNamed(document, 'invoke');
  const listed = Object.entries(responses).flatMap(([status, { description }]) =>
    [...description.matchAll(/`(CAPSTAN_\w+)`/g)].map(([, code]) => [code, Number(status)] as const),
  );
  expect(Object.fromEntries(listed)).toEqual(
    Object.fromEntries(Object.entries(ERROR_CODES).map(([code, { httpStatus }]) => [code, httpStatus])),
  );
  expect(listed).toHaveLength(Object.keys(ERROR_CODES).length);
});

test('every reference of the document leads somewhere, and every operation has a name of its own', async () => {
  const document = await documentOf(await serverUnderTest());
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
  expect(references.length).toBeGreaterThan(10);
  for (const [, name = ''] of references) expect(document.components.schemas).toHaveProperty(name);
  const names = operationsOf(document).map(({ operationId }) => operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const { parameters = [] } of operationsOf(document)) {
    expect(parameters.every(({ description }) => description.length > 3)).toBe(true);
  }
});

test('who opens the address of the server finds the page', async () => {
  const server = await serverUnderTest();
  const response = await server.send('/', { key: '' });
  expect(await response.text()).toBe(await (await server.send('/docs', { key: '' })).text());
});

test('the page loads nothing, runs only its own script, and shows every operation', async () => {
  const server = await serverUnderTest();
  const response = await server.send('/docs', { key: '' });
  const html = await response.text();
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(html).not.toMatch(/<(link|img|iframe)\b|\bsrc=|@import|url\(/);
  for (const { operationId } of operationsOf(await documentOf(server))) expect(html).toContain(`id="${operationId}"`);
});

interface DocumentedRequest extends TestRequest {
  readonly operation: string;
  readonly path: string;
}

function requests(): readonly DocumentedRequest[] {
  const admin = { key: ADMIN_KEY };
  const invoked = (name: string, request: TestRequest = { method: 'POST' }): DocumentedRequest => ({
    operation: 'invokeTool',
    path: `${BASE}/tools/${name}/invoke`,
    ...request,
  });
  const failures = (Object.keys(ERROR_CODES) as readonly ErrorCode[]).map((code) => invoked(code.toLowerCase()));
  return [
    { operation: 'health', path: '/healthz' },
    { operation: 'readiness', path: '/readyz' },
    { operation: 'listTools', path: `${BASE}/tools?limit=1&schemas=true` },
    { operation: 'listTools', path: `${BASE}/tools?limit=0` },
    { operation: 'listTools', path: '/v1/workspaces/nowhere/tools' },
    { operation: 'listTools', path: `${BASE}/tools`, key: 'wrong' },
    { operation: 'describeTool', path: `${BASE}/tools/line_send_message` },
    { operation: 'describeTool', path: `${BASE}/tools/ok` },
    { operation: 'describeTool', path: `${BASE}/tools/nope` },
    invoked('ok'),
    invoked('nope'),
    invoked('ok', { body: { wrong: 1 } }),
    invoked('ok', { body: '{' }),
    ...failures,
    { operation: 'invoke', path: `${BASE}/invoke`, body: { name: 'ok' } },
    { operation: 'invoke', path: `${BASE}/invoke`, body: { calls: [{ name: 'ok' }, { name: 'nope' }] } },
    { operation: 'invoke', path: `${BASE}/invoke`, body: {} },
    { operation: 'invoke', path: `${BASE}/invoke`, body: JSON.stringify({ name: 'x'.repeat(5_000_000) }) },
    { operation: 'listPacks', path: `${BASE}/packs`, ...admin },
    { operation: 'enablePack', path: `${BASE}/packs/line_pack/enable`, body: { environment: [] } },
    { operation: 'enablePack', path: `${BASE}/packs/line_pack/enable`, body: { environment: [] }, ...admin },
    { operation: 'enablePack', path: `${BASE}/packs/nope/enable`, method: 'POST', ...admin },
    { operation: 'explainConfig', path: `${BASE}/packs/line_pack/config?explain=true`, ...admin },
    { operation: 'explainConfig', path: `${BASE}/packs/line_pack/config?connection=nope`, ...admin },
    { operation: 'listConnections', path: `${BASE}/connections` },
    { operation: 'testConnection', path: `${BASE}/connections/account/test`, method: 'POST', ...admin },
    { operation: 'testConnection', path: `${BASE}/connections/nope/test`, method: 'POST', ...admin },
    { operation: 'testConnection', path: `${BASE}/connections/account/test`, method: 'POST' },
    { operation: 'authorizeConnection', path: `${BASE}/connections/account/authorize`, method: 'POST', ...admin },
    { operation: 'authorizeConnection', path: `${BASE}/connections/nope/authorize`, method: 'POST', ...admin },
    { operation: 'listConnections', path: `${BASE}/connections`, ...admin },
    { operation: 'listCircuits', path: `${BASE}/circuits`, ...admin },
    { operation: 'fetchResult', path: `${BASE}/results/res_1` },
    { operation: 'fetchResult', path: `${BASE}/results/res_2` },
    { operation: 'addMcpServer', path: `${BASE}/mcp-servers`, body: MCP_SERVER, ...admin },
    { operation: 'addMcpServer', path: `${BASE}/mcp-servers`, body: MCP_SERVER, ...admin },
    { operation: 'addMcpServer', path: `${BASE}/mcp-servers`, body: { name: 'far' }, ...admin },
    { operation: 'listMcpServers', path: `${BASE}/mcp-servers`, ...admin },
    { operation: 'removeMcpServer', path: `${BASE}/mcp-servers/far`, method: 'DELETE', ...admin },
    { operation: 'removeMcpServer', path: `${BASE}/mcp-servers/far`, method: 'DELETE', ...admin },
    { operation: 'disablePack', path: `${BASE}/packs/line_pack/disable`, method: 'POST', ...admin },
    { operation: 'listWorkspaces', path: '/v1/workspaces', ...admin },
    { operation: 'makeWorkspace', path: '/v1/workspaces', body: { id: 'made' }, ...admin },
    { operation: 'makeWorkspace', path: '/v1/workspaces', body: { id: 'made' }, ...admin },
    { operation: 'makeWorkspace', path: '/v1/workspaces', body: { id: 'No' }, ...admin },
    { operation: 'createConnection', path: `${MADE}/connections`, body: CONNECTION, ...admin },
    { operation: 'createConnection', path: `${MADE}/connections`, body: CONNECTION, ...admin },
    { operation: 'createConnection', path: `${MADE}/connections`, body: { pack: 'x' }, ...admin },
    { operation: 'showConnection', path: `${MADE}/connections/main`, ...admin },
    { operation: 'showConnection', path: `${MADE}/connections/nope`, ...admin },
    { operation: 'changeConnection', path: `${MADE}/connections/main`, method: 'PATCH', body: { name: 'x' }, ...admin },
    { operation: 'changeConnection', path: `${MADE}/connections/nope`, method: 'PATCH', body: {}, ...admin },
    { operation: 'showWorkspace', path: MADE, ...admin },
    { operation: 'showWorkspace', path: '/v1/workspaces/nowhere', ...admin },
    { operation: 'deleteConnection', path: `${MADE}/connections/main`, method: 'DELETE', ...admin },
    { operation: 'showConfigForm', path: `${MADE}/packs/line_pack/config/schema`, ...admin },
    { operation: 'showConfigForm', path: `${MADE}/packs/nope/config/schema`, ...admin },
    ...[MADE, '/v1'].flatMap((base): readonly DocumentedRequest[] => {
      const noun = base === MADE ? 'WorkspaceConfig' : 'HostConfig';
      const key = { path: `${base}/packs/line_pack/config/api_token`, ...admin };
      return [
        { operation: `set${noun}`, ...key, method: 'PUT', body: { value: '' } },
        { operation: `set${noun}`, ...key, method: 'PUT', body: { secret: 'x' } },
        { operation: `list${noun}`, path: `${base}/config`, ...admin },
        { operation: `unset${noun}`, ...key, method: 'DELETE' },
        { operation: `unset${noun}`, ...key, method: 'DELETE' },
      ];
    }),
    { operation: 'createKey', path: '/v1/keys', body: { name: 'one', role: 'admin', expires_in_s: 60 }, ...admin },
    { operation: 'createKey', path: '/v1/keys', body: { name: 'one', role: 'admin' }, ...admin },
    { operation: 'createKey', path: '/v1/keys', body: { name: 'two', role: 'agent' }, ...admin },
    { operation: 'createKey', path: '/v1/keys', body: { name: 'two', role: 'agent', workspace: 'nowhere' }, ...admin },
    { operation: 'applySettings', path: '/v1/apply', body: { plan: true }, ...admin },
    { operation: 'applySettings', path: '/v1/apply', body: { file: '/elsewhere.yaml' }, ...admin },
    { operation: 'applySettings', path: '/v1/apply', method: 'POST' },
    { operation: 'listKeys', path: '/v1/keys', ...admin },
    { operation: 'listKeys', path: '/v1/keys' },
    { operation: 'revokeKey', path: '/v1/keys/one', method: 'DELETE', ...admin },
    { operation: 'revokeKey', path: '/v1/keys/nope', method: 'DELETE', ...admin },
    { operation: 'deleteWorkspace', path: MADE, method: 'DELETE', ...admin },
    { operation: 'deleteWorkspace', path: BASE, method: 'DELETE', ...admin },
    ...runRequests(),
    { operation: 'showCache', path: `${BASE}/cache`, ...admin },
    { operation: 'showCache', path: `${BASE}/cache` },
    { operation: 'clearCache', path: `${BASE}/cache/clear`, body: { tool: 'ok' }, ...admin },
    { operation: 'clearCache', path: `${BASE}/cache/clear`, body: { arguments: {} }, ...admin },
    ...governanceRequests(),
    { operation: 'showCaller', path: '/v1/me' },
    { operation: 'showCaller', path: '/v1/me', key: 'wrong' },
    { operation: 'createSession', path: '/v1/sessions', method: 'POST' },
    { operation: 'createSession', path: '/v1/sessions', body: { ttl_s: 60, scopes: ['tools:read'] } },
    { operation: 'createSession', path: '/v1/sessions', body: { scopes: ['host:manage'] } },
    { operation: 'createSession', path: '/v1/sessions', body: { scopes: ['no such scope'] } },
  ];
}

/** Stands for the run that the first of the requests starts. */
const RUN = 'run_x';

function runIdOf(answer: JsonValue): string {
  return typeof answer === 'object' && answer !== null && 'run_id' in answer ? String(answer.run_id) : RUN;
}

function runRequests(): readonly (TestRequest & { readonly operation: string; readonly path: string })[] {
  const post = { method: 'POST', key: ADMIN_KEY } as const;
  const at = `${BASE}/runs/${RUN}`;
  return [
    {
      operation: 'startRun',
      path: `${BASE}/runs`,
      body: { workflow: { steps: [{ id: 'wait', event: 'go' }] } },
      headers: { 'idempotency-key': 'one' },
      key: ADMIN_KEY,
    },
    { operation: 'startRun', path: `${BASE}/runs`, body: { workflow: { steps: [] } }, key: ADMIN_KEY },
    { operation: 'listRuns', path: `${BASE}/runs`, key: ADMIN_KEY },
    { operation: 'getRun', path: at, key: ADMIN_KEY },
    { operation: 'getRun', path: `${BASE}/runs/none`, key: ADMIN_KEY },
    { operation: 'sendRunEvent', path: `${at}/events`, body: { event: 'other', payload: { a: 1 } }, key: ADMIN_KEY },
    { operation: 'answerRunApproval', path: `${at}/approvals/wait`, body: { approved: true }, key: ADMIN_KEY },
    { operation: 'forkRun', path: `${at}/fork`, body: { from_step: 'wait' }, key: ADMIN_KEY },
    { operation: 'resumeRun', path: `${at}/resume`, ...post },
    { operation: 'cancelRun', path: `${at}/cancel`, ...post },
    { operation: 'resumeRun', path: `${at}/resume`, ...post },
  ];
}

function governanceRequests(): readonly DocumentedRequest[] {
  const admin = { key: ADMIN_KEY };
  const post = { method: 'POST', ...admin };
  const tool = `${BASE}/tools/ok/contract`;
  const explained = { operation: 'explainPolicy', path: `${BASE}/policy/explain` };
  return [
    { operation: 'listApprovals', path: `${BASE}/approvals?state=pending`, ...admin },
    { operation: 'listApprovals', path: `${BASE}/approvals` },
    { operation: 'showApproval', path: `${BASE}/approvals/apr_1`, ...admin },
    { operation: 'showApproval', path: `${BASE}/approvals/nope`, ...admin },
    { operation: 'approveCall', path: `${BASE}/approvals/apr_1/approve`, body: { comment: 'seen' }, ...admin },
    { operation: 'approveCall', path: `${BASE}/approvals/apr_1/approve`, ...post },
    { operation: 'approveCall', path: `${BASE}/approvals/apr_2/approve`, method: 'POST' },
    { operation: 'denyCall', path: `${BASE}/approvals/apr_2/deny`, ...post },
    { operation: 'showApproval', path: `${BASE}/approvals/apr_2`, ...admin },
    { operation: 'listChangedTools', path: `${BASE}/changed-tools`, ...admin },
    { operation: 'showToolContract', path: tool, ...admin },
    { operation: 'showToolContract', path: `${BASE}/tools/nope/contract`, ...admin },
    { operation: 'acceptToolContract', path: `${tool}/accept`, ...post },
    { operation: 'acceptToolContract', path: `${tool}/accept`, body: { digest: 'another' }, ...admin },
    { ...explained, body: { as: 'viewer', tool: 'ok', arguments: {} }, ...admin },
    { ...explained, body: { as: 'nobody', tool: 'ok' }, ...admin },
  ];
}

/** Has two calls that wait. */
async function waitingCalls(): Promise<ApprovalStore> {
  const { approvals } = createMemoryStore();
  const binding = { workspace: 'default', principal: 'key:agent', toolId: 'app.ok' };
  for (const id of ['apr_1', 'apr_2']) {
    await approvals.request({
      ...binding,
      id,
      argumentsDigest: id,
      arguments: {},
      reason: 'danger_level: high',
      requestedAt: Date.now(),
      expiresAt: Date.now() + 600_000,
      state: { kind: 'pending' },
    });
  }
  return approvals;
}

const MADE = '/v1/workspaces/made';

const CONNECTION = { id: 'main', pack: 'line_pack', tool_type: 'line' };

const MCP_SERVER = { name: 'far', server: { url: 'http://127.0.0.1:9/mcp' } };

const ACCOUNT = {
  id: 'account',
  pack: 'line_pack',
  tool_type: 'line',
  auth: {
    type: 'oauth2_authorization_code',
    client_id: 'c',
    token_url: 'http://127.0.0.1:9/token',
    authorization_url: 'http://127.0.0.1:9/authorize',
  },
};

/** Has one result. */
const RESULTS: ResultStore = {
  put: () => Promise.reject(new Error('nothing is large here')),
  get: async (_workspace, id) => (id === 'res_1' ? '{"large":true}' : undefined),
};

async function documentedServer(): Promise<ServerUnderTest> {
  const { config } = linePackFolder({
    packs: { line_pack: { config: { base_url: 'http://127.0.0.1:9' } } },
    workspaces: { default: { connections: [ACCOUNT] } },
  });
  const settingsFile = { path: config, load: () => loadHostSettings(config) };
  const server = await serverUnderTest({
    hostOptions: { config, results: RESULTS, approvals: await waitingCalls() },
    settingsFile,
  });
  server.host.register(tool('app.ok', () => ({ a: 1 })));
  for (const code of Object.keys(ERROR_CODES) as readonly ErrorCode[]) {
    server.host.register(
      tool(`app.${code.toLowerCase()}`, () => {
        throw new CapstanError(code, 'on purpose', { details: { retry_after_ms: 10 } });
      }),
    );
  }
  await server.host.enablePack('line_pack');
  return server;
}

async function documentOf(server: ServerUnderTest): Promise<OpenApiDocument> {
  return (await (await server.send('/openapi.json')).json()) as OpenApiDocument;
}

function operationsOf(document: OpenApiDocument): readonly OpenApiOperation[] {
  return Object.values(document.paths).flatMap((methods) => Object.values(methods));
}

function operationNamed(document: OpenApiDocument, name: string): OpenApiOperation {
  const found = operationsOf(document).find(({ operationId }) => operationId === name);
  if (found === undefined) throw new Error(`no operation ${name}`);
  return found;
}

function problems(document: OpenApiDocument, schema: object | undefined, value: JsonValue): readonly unknown[] {
  if (schema === undefined) return ['no schema'];
  const compilation = compileSchema({ ...schema, components: document.components }, { origin: 'own' });
  if (!compilation.ok) return compilation.problems;
  return compilation.schema.problems(value);
}
