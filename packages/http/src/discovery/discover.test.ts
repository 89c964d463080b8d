import { isCapstanError, type ServiceDiscovery } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { loopbackClient } from '../loopback-client.test.support.ts';
import { httpAnswer, rawServer } from '../raw-server.test.support.ts';
import { discover } from './discover.ts';

async function registry(body: unknown, status = 200) {
  const server = await rawServer((socket) =>
    socket.write(httpAnswer(status, typeof body === 'string' ? body : JSON.stringify(body))),
  );
  return { server, ask: (discovery: ServiceDiscovery) => discover(discovery, { http: loopbackClient() }) };
}

async function codeOf(asking: Promise<unknown>): Promise<string> {
  return asking.then(
    () => 'found',
    (error: unknown) => (isCapstanError(error) ? error.code : String(error)),
  );
}

test.each([
  ['an object', { url: 'http://a' }, [{ url: 'http://a', weight: 1 }]],
  [
    'a list',
    [{ url: 'http://a', weight: 3 }, 'http://b', { url: 'http://c', weight: -1 }],
    [
      { url: 'http://a', weight: 3 },
      { url: 'http://b', weight: 1 },
      { url: 'http://c', weight: 1 },
    ],
  ],
])('an HTTP registry answers with %s', async (_what, body, expected) => {
  const { server, ask } = await registry(body);
  expect(await ask({ kind: 'http', url: `${server.url}/api`, service: 'my service' })).toEqual(expected);
  expect(server.requests[0]).toMatch(/^GET \/api\/services\/my%20service HTTP/);
});

test('Consul names what is well, with its own address or that of its node', async () => {
  const { server, ask } = await registry([
    { Node: { Address: '10.0.0.1' }, Service: { Address: '', Port: 80, Weights: { Passing: 10 } } },
    {
      Node: { Address: '10.0.0.1' },
      Service: { Address: 'fd00::2', Port: 8443, Meta: { scheme: 'https', base_path: '/line' } },
    },
  ]);
  expect(await ask({ kind: 'consul', url: server.url, service: 'line' })).toEqual([
    { url: 'http://10.0.0.1:80', weight: 10 },
    { url: 'https://[fd00::2]:8443/line', weight: 1 },
  ]);
  expect(server.requests[0]).toMatch(/^GET \/v1\/health\/service\/line\?passing HTTP/);
});

test('of SRV records those of the best priority count', async () => {
  const resolveSrv = async () => [
    { name: 'b.example', port: 443, priority: 20, weight: 5 },
    { name: 'a.example.', port: 8443, priority: 10, weight: 0 },
  ];
  const ask = (service: string) => discover({ kind: 'dns_srv', service }, { http: loopbackClient(), resolveSrv });
  expect(await ask('_https._tcp.line.example')).toEqual([{ url: 'https://a.example:8443', weight: 1 }]);
  expect(await ask('_http._tcp.line.example')).toEqual([{ url: 'http://a.example:8443', weight: 1 }]);
});

test.each([
  ['nothing', [], 200, 'CAPSTAN_REMOTE_UNREACHABLE'],
  ['an error', { error: 'x' }, 500, 'CAPSTAN_REMOTE_UNREACHABLE'],
  ['a redirect', '', 302, 'CAPSTAN_REMOTE_UNREACHABLE'],
  ['no JSON', '<html>', 200, 'CAPSTAN_REMOTE_UNREACHABLE'],
  ['an entry without a URL', [{ host: 'a' }], 200, 'CAPSTAN_REMOTE_INVALID_RESPONSE'],
  ['a number', 7, 200, 'CAPSTAN_REMOTE_INVALID_RESPONSE'],
])('a registry that answers %s is a typed error', async (_what, body, status, code) => {
  const { server, ask } = await registry(body, status);
  expect(await codeOf(ask({ kind: 'http', url: server.url, service: 'line' }))).toBe(code);
});

test('a registry that is not there is a typed error', async () => {
  const { server, ask } = await registry([]);
  await server.stop();
  expect(await codeOf(ask({ kind: 'consul', url: server.url, service: 'line' }))).toBe('CAPSTAN_REMOTE_UNREACHABLE');
});
