import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { InvocationOutcome, JsonObject } from '@capstan/sdk';
import { createTestHost } from '@capstan/testing';
import { expect, onTestFinished, test } from 'vitest';

const PACK = fileURLToPath(new URL('..', import.meta.url));

interface Heard {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

async function api(): Promise<{ readonly heard: Heard[]; readonly port: number; readonly server: Server }> {
  const heard: Heard[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, headers } = request;
    heard.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    const path = new URL(url ?? '', 'http://x').pathname;
    if (path === '/text') response.setHeader('content-type', 'text/plain').end('plain');
    else if (path === '/empty') response.writeHead(204).end();
    else if (path === '/odd') response.setHeader('content-type', 'application/json').end('{no json');
    else if (path === '/away') response.writeHead(302, { location: 'http://192.0.2.1/' }).end();
    else if (path.startsWith('/status/')) {
      response
        .writeHead(Number(path.slice(8)), { 'content-type': 'application/json', 'retry-after': '0' })
        .end('{"why":"so"}');
    } else response.setHeader('content-type', 'application/json').end('{"ok":true}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { heard, server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

type Call = (tool: string, args: JsonObject) => Promise<InvocationOutcome>;

async function packFor(allowed: readonly string[]): Promise<Call> {
  const host = await createTestHost({
    packs: { http_request: PACK },
    config: { http_request: { allowed_hosts: allowed } },
  });
  onTestFinished(() => host.close({ timeoutMs: 100 }));
  return (tool, args) => host.invoke({ tool, arguments: args });
}

test('a request goes out as it was described, and its answer comes back whole', async () => {
  const { heard, port } = await api();
  const call = await packFor([`127.0.0.1:${port}`]);
  const url = `http://127.0.0.1:${port}/things?a=1`;
  const outcome = await call('rest_api_call', {
    url,
    method: 'POST',
    headers: { 'X-Trace': 't1' },
    data: { name: 'lamp' },
    params: { tags: ['x', 'y'], limit: 5, none: null },
  });
  expect(outcome).toMatchObject({
    status: 'succeeded',
    result: { value: { status_code: 200, data: { ok: true }, headers: { 'content-type': 'application/json' } } },
  });
  expect(heard[0]).toMatchObject({
    method: 'POST',
    url: '/things?a=1&tags=x&tags=y&limit=5',
    headers: { 'x-trace': 't1', 'content-type': 'application/json' },
    body: '{"name":"lamp"}',
  });
});

test.each([
  ['/text', 'plain'],
  ['/empty', null],
  ['/odd', '{no json'],
])('the data of %s is %j', async (path, data) => {
  const { port } = await api();
  const call = await packFor([`127.0.0.1:${port}`]);
  expect(await call('http_get', { url: `http://127.0.0.1:${port}${path}` })).toMatchObject({
    result: { value: { data } },
  });
});

test('a body goes with POST and PUT only', async () => {
  const { heard, port } = await api();
  const call = await packFor([`127.0.0.1:${port}`]);
  await call('rest_api_call', { url: `http://127.0.0.1:${port}/x`, method: 'DELETE', data: { a: 1 } });
  expect(heard[0]).toMatchObject({ method: 'DELETE', body: '' });
});

test.each([
  [400, 'CAPSTAN_REMOTE_REFUSED'],
  [401, 'CAPSTAN_REMOTE_AUTH'],
  [404, 'CAPSTAN_REMOTE_REFUSED'],
  [429, 'CAPSTAN_REMOTE_RATE_LIMITED'],
  [500, 'CAPSTAN_REMOTE_UNAVAILABLE'],
])('status %i is %s, with what the API says', async (status, code) => {
  const { port } = await api();
  const call = await packFor([`127.0.0.1:${port}`]);
  expect(
    await call('rest_api_call', { url: `http://127.0.0.1:${port}/status/${status}`, method: 'POST' }),
  ).toMatchObject({
    status: 'failed',
    error: { code, details: { status_code: status, data: { why: 'so' } } },
  });
});

test('a redirect is told, and not followed', async () => {
  const { port } = await api();
  const call = await packFor([`127.0.0.1:${port}`]);
  expect(await call('http_get', { url: `http://127.0.0.1:${port}/away` })).toMatchObject({
    error: { code: 'CAPSTAN_REMOTE_REFUSED', details: { location: 'http://192.0.2.1/' } },
  });
});

/** Ways to write an address that is not on the list so that it looks as if it were, or looks like none. */
const tricks = (port: number, other: number): readonly string[] => [
  `http://127.0.0.1:${other}/`,
  `http://localhost:${other}/`,
  `http://localhost:${port}/`,
  `http://127.0.0.1:${port}@127.0.0.1:${other}/`,
  `http://user:password@127.0.0.1:${port}/`,
  `http://127.1:${other}/`,
  `http://2130706433:${other}/`,
  `http://0x7f000001:${other}/`,
  `http://0177.0.0.1:${other}/`,
  `http://[::1]:${other}/`,
  `http://[::ffff:127.0.0.1]:${port}/`,
  `http://127.0.0.1.nip.io:${port}/`,
  `http://127.0.0.1%2eexample.com:${port}/`,
  `http://①②⑦.0.0.1:${other}/`,
  `https://127.0.0.1:${other}/`,
  `ftp://127.0.0.1:${port}/`,
  'file:///etc/passwd',
  'gopher://127.0.0.1/',
  `//127.0.0.1:${port}/`,
  'http://169.254.169.254/latest/meta-data/',
  'http://metadata.google.internal/',
  `http://127.0.0.1:${port}\\@127.0.0.1:${other}/`.replace('\\', '%5C'),
];

test('only what is on the list is reached, however an address is written', async () => {
  const allowed = await api();
  const foreign = await api();
  const call = await packFor([`127.0.0.1:${allowed.port}`]);
  for (const url of tricks(allowed.port, foreign.port)) {
    const outcome = await call('http_get', { url });
    expect({ url, status: outcome.status }).toEqual({ url, status: 'failed' });
    expect({ url, code: outcome.status === 'failed' && outcome.error.code }).toEqual({
      url,
      code: expect.stringMatching(/^CAPSTAN_(?:EGRESS_DENIED|INVALID_ARGUMENTS|INVALID_REQUEST|CONFIG_INVALID)$/),
    });
  }
  expect(foreign.heard).toEqual([]);
  expect(allowed.heard).toEqual([]);
});

test('a header cannot smuggle another one in, or another host', async () => {
  const { heard, port } = await api();
  const call = await packFor([`127.0.0.1:${port}`]);
  const url = `http://127.0.0.1:${port}/x`;
  for (const headers of [{ 'x-a': 'b\r\nx-evil: 1' }, { 'x-a\r\nx-evil': '1' }, { host: 'example.com' }]) {
    expect((await call('http_get', { url, headers })).status).toBe('failed');
  }
  expect(heard).toEqual([]);
});

test('without a list the pack says what it needs', async () => {
  const host = await createTestHost({ packs: { http_request: PACK } });
  onTestFinished(() => host.close({ timeoutMs: 100 }));
  expect(await host.invoke({ tool: 'http_get', arguments: { url: 'http://127.0.0.1:1/' } })).toMatchObject({
    error: { code: 'CAPSTAN_NEEDS_CONFIG' },
  });
});

test('every example of the manifest works, at the host of the test', async () => {
  const { port } = await api();
  const host = await createTestHost({
    packs: { http_request: PACK },
    config: { http_request: { allowed_hosts: [`127.0.0.1:${port}`] } },
  });
  onTestFinished(() => host.close({ timeoutMs: 100 }));
  const examples = host
    .listTools()
    .items.flatMap(({ definition }) =>
      definition.examples.map((example) => ({ tool: definition.id, example: JSON.stringify(example) })),
    );
  expect(examples.length).toBeGreaterThan(1);
  for (const { tool, example } of examples) {
    const args = JSON.parse(example.replace('https://api.example.com', `http://127.0.0.1:${port}`));
    expect((await host.invoke({ tool, arguments: args })).status).toBe('succeeded');
  }
});
