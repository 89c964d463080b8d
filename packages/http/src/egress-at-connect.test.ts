import { describe, expect, test } from 'vitest';
import { EgressRefusal } from './address-guard.ts';
import { failureOf, loopbackClient, post } from './loopback-client.test.support.ts';
import { httpAnswer, rawServer } from './raw-server.test.support.ts';

const NOTHING_ALLOWED = { egress: { allowPrivate: [] } };

describe('an address in place of a name is checked when the socket is opened, however it is written', () => {
  test.each([
    'http://127.0.0.1',
    'http://2130706433',
    'http://0x7f000001',
    'http://0177.0.0.1',
    'http://127.1',
    'http://0',
    'http://169.254.169.254',
    'http://[::1]',
    'http://[::ffff:127.0.0.1]',
    'http://[::127.0.0.1]',
    'http://[64:ff9b::7f00:1]',
    'http://[2002:7f00:1::]',
    'https://127.0.0.1',
    'http://127.0.0.1.',
    'http://①②⑦.0.0.1',
  ])('%s', async (url) => {
    const client = loopbackClient(NOTHING_ALLOWED);
    const failure = await failureOf(client.exchange(post(client, url)));
    expect([failure.kind, failure.sent]).toEqual(['egress_denied', false]);
    expect(client.openSockets()).toBe(0);
  });
});

test('a name that resolves to a forbidden address is refused; the address is for operators only', async () => {
  const client = loopbackClient({ ...NOTHING_ALLOWED, lookup: async () => [{ address: '10.1.2.3', family: 4 }] });
  const failure = await failureOf(client.exchange(post(client, 'http://inner.example')));
  expect([failure.kind, failure.sent]).toEqual(['egress_denied', false]);
  expect(failure.message).not.toContain('10.1.2.3');
  expect(failure.cause).toBeInstanceOf(EgressRefusal);
});

test('localhost is no way around the rule', async () => {
  const client = loopbackClient(NOTHING_ALLOWED);
  for (const url of ['http://localhost', 'http://LOCALHOST', 'http://localhost.']) {
    expect((await failureOf(client.exchange(post(client, url)))).kind).toBe('egress_denied');
  }
});

test('the address that was checked is the one connected to: the resolver is asked once per connection', async () => {
  const server = await rawServer((socket) => socket.write(httpAnswer(200, '{}')));
  let asked = 0;
  const client = loopbackClient({
    egress: { allowPrivate: ['127.0.0.0/8'] },
    // A rebinding resolver: permitted at first, forbidden from then on.
    lookup: async () => {
      asked += 1;
      return [{ address: asked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }];
    },
  });
  const answer = await client.exchange(post(client, `http://rebind.example:${server.port}`));
  expect([answer.status, asked]).toEqual([200, 1]);
});

test('with several addresses only the permitted one is tried', async () => {
  const server = await rawServer((socket) => socket.write(httpAnswer(200, '{}')));
  const client = loopbackClient({
    egress: { allowPrivate: ['127.0.0.0/8'] },
    lookup: async () => [
      { address: '10.0.0.1', family: 4 },
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ],
  });
  expect((await client.exchange(post(client, `http://many.example:${server.port}`))).status).toBe(200);
});
