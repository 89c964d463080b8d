import { readFileSync } from 'node:fs';
import { isCapstanError } from '@capstan/sdk';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ResolvedAddress } from './address-guard.ts';
import { createHttpClient } from './http-client.ts';
import { HttpFailure } from './http-failure.ts';
import { httpAnswer, rawServer } from './raw-server.test.support.ts';
import type { HttpExchange } from './types.ts';

/** What the attacker controls in one trick; everything else is harmless. */
interface Trick {
  readonly name: string;
  readonly url?: string;
  readonly resolvesTo?: readonly string[];
  readonly headers?: HttpExchange['headers'];
  readonly method?: string;
  readonly path?: string;
  /** How it ends: the code of a refused URL, or the kind of a failed exchange. */
  readonly ends: string;
}

const ALLOWED = ['api.example.com:8080', '*.cdn.example'];

const TRICKS: readonly Trick[] = [
  { name: 'allowed host as user name', url: 'http://api.example.com:8080@evil.test/', ends: 'CAPSTAN_CONFIG_INVALID' },
  { name: 'user name and password', url: 'http://a:b@api.example.com:8080/', ends: 'CAPSTAN_CONFIG_INVALID' },
  {
    name: 'allowed host in the fragment',
    url: 'http://evil.test#@api.example.com:8080',
    ends: 'CAPSTAN_EGRESS_DENIED',
  },
  {
    name: 'allowed host after a backslash',
    url: 'http://evil.test\\@api.example.com:8080',
    ends: 'CAPSTAN_EGRESS_DENIED',
  },
  {
    name: 'allowed host as a label of another',
    url: 'http://api.example.com.evil.test:8080',
    ends: 'CAPSTAN_EGRESS_DENIED',
  },
  { name: 'suffix without the dot', url: 'http://evilcdn.example', ends: 'CAPSTAN_EGRESS_DENIED' },
  { name: 'other port', url: 'http://api.example.com:8081', ends: 'CAPSTAN_EGRESS_DENIED' },
  { name: 'port of another scheme', url: 'https://api.example.com', ends: 'CAPSTAN_EGRESS_DENIED' },
  { name: 'file scheme', url: 'file://api.example.com/etc/passwd', ends: 'CAPSTAN_EGRESS_DENIED' },
  { name: 'gopher scheme', url: 'gopher://api.example.com:8080/', ends: 'CAPSTAN_EGRESS_DENIED' },
  { name: 'data scheme', url: 'data:text/plain,api.example.com', ends: 'CAPSTAN_EGRESS_DENIED' },
  { name: 'IPv6 zone', url: 'http://[fe80::1%25eth0]/', ends: 'CAPSTAN_CONFIG_INVALID' },
  // From here on the name is allowed, and what it leads to is not.
  {
    name: 'mixed case, inner address',
    url: 'http://API.Example.COM:8080',
    resolvesTo: ['10.0.0.1'],
    ends: 'egress_denied',
  },
  {
    name: 'trailing dot, inner address',
    url: 'http://api.example.com.:8080',
    resolvesTo: ['10.0.0.1'],
    ends: 'egress_denied',
  },
  { name: 'loopback', resolvesTo: ['127.0.0.1'], ends: 'egress_denied' },
  { name: 'unspecified', resolvesTo: ['0.0.0.0'], ends: 'egress_denied' },
  { name: 'metadata service', resolvesTo: ['169.254.169.254'], ends: 'egress_denied' },
  { name: 'carrier-grade NAT', resolvesTo: ['100.64.0.1'], ends: 'egress_denied' },
  { name: 'broadcast', resolvesTo: ['255.255.255.255'], ends: 'egress_denied' },
  { name: 'multicast', resolvesTo: ['224.0.0.1'], ends: 'egress_denied' },
  { name: 'IPv6 loopback', resolvesTo: ['::1'], ends: 'egress_denied' },
  { name: 'IPv6 unique local', resolvesTo: ['fd00:ec2::254'], ends: 'egress_denied' },
  { name: 'IPv6 link local', resolvesTo: ['fe80::1'], ends: 'egress_denied' },
  { name: 'IPv4-mapped', resolvesTo: ['::ffff:10.0.0.1'], ends: 'egress_denied' },
  { name: 'IPv4-compatible', resolvesTo: ['::10.0.0.1'], ends: 'egress_denied' },
  { name: 'NAT64', resolvesTo: ['64:ff9b::a00:1'], ends: 'egress_denied' },
  { name: '6to4', resolvesTo: ['2002:a00:1::'], ends: 'egress_denied' },
  { name: 'Teredo', resolvesTo: ['2001:0:a00:1::'], ends: 'egress_denied' },
  { name: 'several inner addresses', resolvesTo: ['10.0.0.1', '192.168.0.1', '::1'], ends: 'egress_denied' },
  // What is put on the wire.
  { name: 'CR LF in a header value', headers: ['X-A', 'a\r\nX-B: b'], ends: 'invalid_request' },
  { name: 'LF in a header value', headers: ['X-A', 'a\nX-B: b'], ends: 'invalid_request' },
  { name: 'NUL in a header value', headers: ['X-A', 'a\0b'], ends: 'invalid_request' },
  { name: 'CR LF in a header name', headers: ['X-A: a\r\nX-B', 'b'], ends: 'invalid_request' },
  { name: 'CR LF in the path', path: '/x HTTP/1.1\r\nX-B: b\r\n\r\nGET /y', ends: 'invalid_request' },
  { name: 'CR LF in the method', method: 'GET / HTTP/1.1\r\nX-B: b\r\n\r\nGET', ends: 'invalid_request' },
  { name: 'another host header', headers: ['hOsT', 'inner.example'], ends: 'invalid_request' },
  {
    name: 'transfer-encoding beside content-length',
    headers: ['Transfer-Encoding', 'chunked'],
    ends: 'invalid_request',
  },
  { name: 'another origin in the path', path: '@evil.test/', ends: 'invalid_request' },
];

/** In decimal, octal, hexadecimal, short forms: the URL parser makes the address of them that is then judged. */
const ADDRESS_FORMS = [
  'http://2130706433',
  'http://0177.0.0.1',
  'http://0x7f000001',
  'http://127.1',
  'http://①②⑦.0.0.1',
];

async function endOf(trick: Trick): Promise<string> {
  const lookup = async (): Promise<readonly ResolvedAddress[]> =>
    (trick.resolvesTo ?? ['127.0.0.1']).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  // A trick of the wire needs a wire: there the loopback may be reached, as the demo set-up allows it.
  const allowPrivate = trick.resolvesTo === undefined ? ['127.0.0.0/8'] : [];
  const client = createHttpClient({ egress: { allowPrivate }, lookup });
  try {
    const { url = 'http://api.example.com:8080', method = 'POST', headers = [], path = '/x' } = trick;
    const target = client.target(url, ALLOWED);
    await client.exchange({ target, method, path, headers, body: '{}', timeoutMs: 2_000 });
    return 'sent';
  } catch (error) {
    if (isCapstanError(error)) return error.code;
    return error instanceof HttpFailure ? error.kind : String(error);
  } finally {
    await expect.poll(() => client.openSockets()).toBe(0);
    await client.close(0);
  }
}

describe('no trick leads to a place that is not allowed, and none opens a socket', () => {
  test.each(TRICKS)('$name', async (trick) => {
    expect(await endOf(trick)).toBe(trick.ends);
  });

  test.each(ADDRESS_FORMS)('address form %s', async (url) => {
    const client = createHttpClient({ egress: { allowPrivate: [] } });
    onTestFinished(() => client.close(0));
    const target = client.target(url, undefined);
    const exchange = { target, method: 'GET', path: '/', headers: [], timeoutMs: 2_000 };
    await expect(client.exchange(exchange)).rejects.toMatchObject({ kind: 'egress_denied', sent: false });
  });
});

test('DNS that changes between check and connect: what was checked is what is connected to', async () => {
  const server = await rawServer((socket) => socket.end(httpAnswer(200, '{}', { connection: 'close' })));
  const answers = ['127.0.0.1', '10.0.0.1'];
  let asked = 0;
  const lookup = async (): Promise<readonly ResolvedAddress[]> => {
    asked += 1;
    return [{ address: answers[asked - 1] ?? '10.0.0.1', family: 4 }];
  };
  const client = createHttpClient({ egress: { allowPrivate: ['127.0.0.0/8'] }, lookup });
  onTestFinished(() => client.close(0));
  const target = client.target(`http://rebind.example:${server.port}`, ['rebind.example']);
  const exchange = { target, method: 'GET', path: '/', headers: [], timeoutMs: 2_000 };
  expect((await client.exchange(exchange)).status).toBe(200);
  // The next connection asks again, and is judged again.
  await expect.poll(() => client.openSockets()).toBe(0);
  await expect(client.exchange(exchange)).rejects.toMatchObject({ kind: 'egress_denied' });
  expect(asked).toBe(2);
});

test('a redirect to an inner address is an answer like any other: nobody follows it', async () => {
  const inner = await rawServer((socket) => socket.end(httpAnswer(200, '{}')));
  for (const status of [301, 302, 303, 307, 308]) {
    const location = { location: `${inner.url}/secret` };
    const outer = await rawServer((socket) => socket.end(httpAnswer(status, '', location)));
    const client = createHttpClient({ egress: { allowPrivate: ['127.0.0.0/8'] } });
    onTestFinished(() => client.close(0));
    const target = client.target(outer.url, undefined);
    const headers = ['Authorization', 'Bearer secret-of-redirects'];
    const answer = await client.exchange({ target, method: 'GET', path: '/', headers, timeoutMs: 2_000 });
    expect(answer.status).toBe(status);
  }
  expect(inner.connections()).toBe(0);
});

test('the page has every trick of this table, and no other', () => {
  const page = readFileSync(new URL('../../../docs/security-egress.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| (?<name>[^|]+?) +\| [^|]+ \| `(?<ends>[A-Za-z_]+)` +\|$/gm)].map(
    ({ groups }) => groups,
  );
  expect(rows.map((row) => [row?.name, row?.ends])).toEqual(TRICKS.map(({ name, ends }) => [name, ends]));
});
