import { request } from 'node:http';
import { expect, test } from 'vitest';
import { serverUnderTest } from '../running-server.test.support.ts';
import { createOriginGuard } from './origin-guard.ts';

const NOTHING = { allowedHosts: [], allowedOrigins: [], listenHost: '127.0.0.1' };

test.each(['localhost', 'LOCALHOST:7420', '127.0.0.1:80', '[::1]:7420', '[::1]'])(
  'the loopback name %s passes',
  (host) => {
    passes({ host });
  },
);

test.each([
  undefined,
  '',
  'evil.example',
  'localhost.evil.example',
  'evil.example:7420',
  'user@localhost',
  'localhost/x',
  'localhost:80:80',
  '127.0.0.1.nip.io',
  '[::1',
  '10.0.0.1',
])('the host %s is refused', (host) => {
  refuses({ host });
});

test.each(['http://localhost:6274', 'https://127.0.0.1', 'http://[::1]:3000'])('a page of %s may call', (origin) => {
  passes({ host: 'localhost', origin });
});

test.each(['null', 'https://evil.example', 'http://localhost.evil.example', 'file://', 'nonsense'])(
  'a page of %s may not',
  (origin) => {
    refuses({ host: 'localhost', origin });
  },
);

test('what the operator adds passes: names with any port, origins exactly', () => {
  const guard = createOriginGuard({
    allowedHosts: ['tools.example.com:443', '10.0.0.5'],
    allowedOrigins: ['https://console.example.com', 'inner.example.com'],
    listenHost: '0.0.0.0',
  });
  for (const host of ['tools.example.com', 'Tools.Example.com:8443', '10.0.0.5:7420'])
    guard.check({ host, origin: undefined });
  for (const origin of ['https://console.example.com', 'http://inner.example.com:9'])
    guard.check({ host: 'localhost', origin });
  expect(() => guard.check({ host: 'localhost', origin: 'http://console.example.com' })).toThrow(/may not call/);
});

test('the address that the server listens on passes, a wildcard adds nothing', () => {
  createOriginGuard({ ...NOTHING, listenHost: 'fd00::5' }).check({ host: '[fd00::5]:7420', origin: undefined });
  createOriginGuard({ ...NOTHING, listenHost: '192.168.7.5' }).check({ host: '192.168.7.5:7420', origin: undefined });
  for (const listenHost of ['0.0.0.0', '::']) {
    const guard = createOriginGuard({ ...NOTHING, listenHost });
    expect(() => guard.check({ host: '0.0.0.0', origin: undefined })).toThrow(/does not answer to the host/);
  }
});

test('a foreign host is refused on every surface, with and without a key; probes are not asked', async () => {
  const { url } = await serverUnderTest();
  for (const path of ['/v1/workspaces/default/tools', '/mcp', '/docs', '/openapi.json', '/nowhere']) {
    expect(await statusOf(url + path, { host: 'evil.example' })).toBe(403);
  }
  for (const path of ['/healthz', '/readyz']) expect(await statusOf(url + path, { host: '10.1.2.3' })).toBe(200);
});

test('a page that is let through can read its answer, any other gets nothing to read', async () => {
  const server = await serverUnderTest();
  const preflight = await server.send('/mcp', {
    method: 'OPTIONS',
    key: '',
    headers: { origin: 'http://localhost:6274' },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe('http://localhost:6274');
  expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
  const foreign = await server.send('/mcp', {
    method: 'OPTIONS',
    key: '',
    headers: { origin: 'https://evil.example' },
  });
  expect(foreign.status).toBe(403);
  expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
});

function passes(given: { readonly host: string | undefined; readonly origin?: string }): void {
  createOriginGuard(NOTHING).check({ origin: undefined, ...given });
}

function refuses(given: { readonly host: string | undefined; readonly origin?: string }): void {
  expect(() => passes(given)).toThrow(expect.objectContaining({ code: 'CAPSTAN_FORBIDDEN' }));
}

function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once('error', reject)
      .end();
  });
}
