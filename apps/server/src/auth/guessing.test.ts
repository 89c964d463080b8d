import { randomBytes } from 'node:crypto';
import { mintToken } from '@capstan/identity';
import { expect, test } from 'vitest';
import { AGENT_KEY, OTHER_KEY, serverUnderTest } from '../running-server.test.support.ts';

const guess = () => mintToken(randomBytes).token;

test('whoever guesses is told honestly how long to wait, while clients at work go on and others are let in', async () => {
  const server = await serverUnderTest({
    auth: { guessing: { perNetwork: 3, baseMs: 60_000 }, trustedProxies: ['127.0.0.0/8'] },
  });
  const from = (address: string, key: string) =>
    server.send('/v1/me', { key, headers: { 'x-forwarded-for': address } });
  expect((await from('192.0.2.1', AGENT_KEY)).status).toBe(200);
  expect((await from('192.0.2.1', guess())).status).toBe(401);
  expect((await from('192.0.2.1', guess())).status).toBe(401);
  for (const key of [guess(), guess(), OTHER_KEY]) {
    const refused = await from('192.0.2.1', key);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(await refused.json()).toMatchObject({ error: { code: 'CAPSTAN_RATE_LIMITED' } });
  }
  expect((await from('192.0.2.1', AGENT_KEY)).status).toBe(200);
  expect((await from('198.51.100.1', OTHER_KEY)).status).toBe(200);
  expect((await from('198.51.100.1', AGENT_KEY)).status).toBe(200);
  const told = server.logLines.filter((line) => line.includes('this address has to wait'));
  expect(told.map((line) => JSON.parse(line).address)).toEqual(['192.0.2.1']);
});

test('without trusted proxies nobody escapes the wait by a header', async () => {
  const server = await serverUnderTest({ auth: { guessing: { perNetwork: 2, baseMs: 60_000 } } });
  const from = (address: string) => server.send('/v1/me', { key: guess(), headers: { 'x-forwarded-for': address } });
  expect((await from('192.0.2.1')).status).toBe(401);
  expect((await from('192.0.2.2')).status).toBe(429);
  expect((await from('192.0.2.3')).status).toBe(429);
});

test('a blocked network is answered nothing, with a good key, on open paths and on the short way of MCP too', async () => {
  const server = await serverUnderTest({
    auth: { blocked: ['203.0.113.0/24', '2001:db8:bad::/48'], trustedProxies: ['127.0.0.0/8'] },
  });
  const rpc = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
  await server.send('/mcp', { body: rpc });
  for (const [path, body] of [['/v1/me'], ['/docs'], ['/healthz'], ['/mcp', rpc], ['/nowhere']] as const) {
    for (const [address, isBlocked] of [
      ['203.0.113.9', true],
      ['2001:db8:bad::1', true],
      ['::ffff:203.0.113.9', true],
      ['203.0.114.9', false],
    ] as const) {
      const request = { headers: { 'x-forwarded-for': address }, ...(body === undefined ? {} : { body }) };
      const answer = await server.send(path, request);
      expect(`${path} ${address} ${answer.status === 403}`).toBe(`${path} ${address} ${isBlocked}`);
    }
  }
});
