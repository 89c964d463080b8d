import { createServer, type Server } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import type { Host } from './host.ts';
import { hostOn } from './test-kit/test-host.ts';

const MANIFEST = `code: web
version: 1.0.0
config: { schema: [{ name: base_url }, { name: api_token, secret: true }, { name: registry_url }] }
tools:
  - name: send
    description: Sends.
    backend: "./tools.mjs:send"
    retry: { max_retries: 2, base_ms: 1, max_ms: 5 }
    breaker: { failure_threshold: 3 }
`;

const CODE = `export const send = ({ http }) => async ({ url, method }, context) => {
  const { status, text } = await http.request(url, { method, context });
  return { status, text };
};`;

async function hostWith(config: object, extra = ''): Promise<Host> {
  const { host } = await hostOn({
    'packs/web/manifest.yaml': MANIFEST,
    'packs/web/tools.mjs': CODE,
    'capstan.yaml': `version: 1
discover: [./packs/*]
packs: { web: { trust: in_process, config: ${JSON.stringify(config)}${extra} } }
workspaces: { default: { packs: [web] } }
egress: { allow_private: [127.0.0.0/8] }
`,
  });
  return host;
}

interface Service {
  readonly url: string;
  readonly heard: string[];
  readonly server: Server;
}

/** Answers each request by its number, from 1, and its path. */
async function service(
  answer: (number: number, path: string) => { status: number; body?: string; retryAfter?: string },
): Promise<Service> {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`);
    const { status, body = '', retryAfter } = answer(heard.length, request.url ?? '');
    response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, heard, server };
}

test('a request is made again where that is safe, and its last answer stands', async () => {
  const flaky = await service((number) => ({ status: number < 3 ? 500 : 200, body: 'ok' }));
  const busy = await service((number) => (number < 2 ? { status: 503, retryAfter: '0' } : { status: 200, body: 'ok' }));
  const broken = await service(() => ({ status: 500, body: 'no' }));
  const call = async (url: string, method: string): Promise<unknown> => {
    const host = await hostWith({ base_url: url });
    const outcome = await host.invoke({ tool: 'send', arguments: { url: `${url}/x`, method } });
    return outcome.status === 'succeeded' ? outcome.result.value : outcome.status;
  };
  expect(await call(flaky.url, 'GET')).toEqual({ status: 200, text: 'ok' });
  expect(flaky.heard).toHaveLength(3);
  expect(await call(busy.url, 'POST')).toEqual({ status: 200, text: 'ok' });
  expect(busy.heard).toHaveLength(2);
  expect(await call(broken.url, 'POST')).toEqual({ status: 500, text: 'no' });
  expect(broken.heard).toHaveLength(1);
});

test('an endpoint that keeps failing is left alone, and shows among the circuits', async () => {
  const broken = await service(() => ({ status: 500 }));
  const host = await hostWith({ base_url: broken.url });
  const outcome = await host.invoke({ tool: 'send', arguments: { url: `${broken.url}/x`, method: 'GET' } });
  expect(outcome).toMatchObject({ status: 'succeeded', result: { value: { status: 500 } } });
  expect(await host.invoke({ tool: 'send', arguments: { url: `${broken.url}/x`, method: 'GET' } })).toMatchObject({
    status: 'failed',
    error: { code: 'CAPSTAN_CIRCUIT_OPEN' },
  });
  expect(host.circuits()).toContainEqual(expect.objectContaining({ endpoint: broken.url, state: 'open', pack: 'web' }));
});

test('credentials go to the origin of the connection, and not to a service that a registry names', async () => {
  const own = await service(() => ({ status: 200, body: 'own' }));
  const orders = await service(() => ({ status: 200, body: 'orders' }));
  const registry = await service(() => ({ status: 200, body: JSON.stringify({ url: orders.url }) }));
  const host = await hostWith({ base_url: own.url, api_token: 'a-token-of-the-test', registry_url: registry.url });
  const send = (url: string) => host.invoke({ tool: 'send', arguments: { url } });
  expect(await send(`${own.url}/a`)).toMatchObject({ result: { value: { text: 'own' } } });
  expect(await send('service://orders/api/x?y=1')).toMatchObject({ result: { value: { text: 'orders' } } });
  expect(own.heard).toEqual(['GET /a Bearer a-token-of-the-test']);
  expect(registry.heard).toEqual(['GET /services/orders -']);
  expect(orders.heard).toEqual(['GET /api/x?y=1 -']);
});

test('a service is called at another instance when one dies', async () => {
  const one = await service(() => ({ status: 200, body: 'one' }));
  const two = await service(() => ({ status: 200, body: 'two' }));
  const registry = await service(() => ({ status: 200, body: JSON.stringify([{ url: one.url }, { url: two.url }]) }));
  const host = await hostWith({ registry_url: registry.url });
  const send = () => host.invoke({ tool: 'send', arguments: { url: 'service://orders/x', method: 'GET' } });
  for (let call = 0; call < 4; call += 1) expect((await send()).status).toBe('succeeded');
  one.server.closeAllConnections();
  one.server.close();
  for (let call = 0; call < 8; call += 1) expect(await send()).toMatchObject({ result: { value: { text: 'two' } } });
  expect(registry.heard).toHaveLength(1);
});

test('what a registry names must be on the egress list, where there is one', async () => {
  const orders = await service(() => ({ status: 200, body: 'orders' }));
  const registry = await service(() => ({ status: 200, body: JSON.stringify({ url: orders.url }) }));
  const host = await hostWith({ registry_url: registry.url }, ', egress: [api.example.com]');
  expect(await host.invoke({ tool: 'send', arguments: { url: 'service://orders/x' } })).toMatchObject({
    status: 'failed',
    error: { code: 'CAPSTAN_EGRESS_DENIED' },
  });
  expect(orders.heard).toEqual([]);
});

test.each([
  ['service://orders/x', {}, 'CAPSTAN_NEEDS_CONFIG'],
  ['service://a%2Fb/x', { registry_url: 'http://127.0.0.1:1' }, 'CAPSTAN_INVALID_REQUEST'],
  ['service:///x', { registry_url: 'http://127.0.0.1:1' }, 'CAPSTAN_INVALID_REQUEST'],
  ['file:///etc/passwd', {}, 'CAPSTAN_INVALID_REQUEST'],
  ['http://127.0.0.1:1/', {}, 'CAPSTAN_EGRESS_DENIED'],
  ['no url', {}, 'CAPSTAN_INVALID_REQUEST'],
])('%s is refused: %j', async (url, config, code) => {
  const host = await hostWith(config);
  expect(await host.invoke({ tool: 'send', arguments: { url } })).toMatchObject({ status: 'failed', error: { code } });
});
