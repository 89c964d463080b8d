import { once } from 'node:events';
import { createServer } from 'node:https';
import { createServer as createTcpServer, type Server } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Certificate, selfSigned } from './certificate.test.support.ts';
import { failureOf, loopbackClient, post } from './loopback-client.test.support.ts';
import { rawServer } from './raw-server.test.support.ts';

async function secureServer({ key, cert }: Certificate): Promise<{ port: number; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer({ key, cert }, (request, response) => {
    seen.push(`${request.headers.host}`);
    response.end('{}');
  });
  onTestFinished(() => server.closeAllConnections());
  return { port: await portOf(server), seen };
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const lookup = async () => [{ address: '127.0.0.1', family: 4 }];

test('a certificate that nobody vouches for is refused, and nothing was sent', async () => {
  const { port, seen } = await secureServer(selfSigned('127.0.0.1'));
  const client = loopbackClient();
  const failure = await failureOf(client.exchange(post(client, `https://127.0.0.1:${port}`)));
  expect([failure.kind, failure.sent, seen]).toEqual(['tls', false, []]);
  await expect.poll(() => client.openSockets()).toBe(0);
});

test('the environment cannot switch verification off', async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const { port } = await secureServer(selfSigned('127.0.0.1'));
  const client = loopbackClient();
  expect((await failureOf(client.exchange(post(client, `https://127.0.0.1:${port}`)))).kind).toBe('tls');
});

test('a certificate that the operator added is trusted, by name and by address', async () => {
  for (const host of ['tools.example', '127.0.0.1']) {
    const certificate = selfSigned(host);
    const { port, seen } = await secureServer(certificate);
    const client = loopbackClient({ certificates: [certificate.cert], lookup });
    const answer = await client.exchange(post(client, `https://${host}:${port}`));
    expect([answer.status, seen]).toEqual([200, [`${host}:${port}`]]);
  }
});

test('a trusted certificate of another host is refused', async () => {
  const certificate = selfSigned('tools.example');
  const { port } = await secureServer(certificate);
  const client = loopbackClient({ certificates: [certificate.cert], lookup });
  const failure = await failureOf(client.exchange(post(client, `https://other.example:${port}`)));
  expect([failure.kind, failure.sent]).toEqual(['tls', false]);
});

test('https to a server that speaks plain http is a tls failure', async () => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  });
  const port = await portOf(server);
  const client = loopbackClient();
  const failure = await failureOf(client.exchange(post(client, `https://127.0.0.1:${port}`)));
  expect([failure.kind, failure.sent]).toEqual(['tls', false]);
});

test('a handshake that never ends runs into the timeout, and its socket is given up', async () => {
  const server = await rawServer(() => undefined);
  const client = loopbackClient();
  const url = server.url.replace('http:', 'https:');
  const failure = await failureOf(client.exchange(post(client, url, { timeoutMs: 100 })));
  expect([failure.kind, failure.sent]).toEqual(['timeout', false]);
  await expect.poll(() => client.openSockets()).toBe(0);
});
