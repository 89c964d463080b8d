import { once } from 'node:events';
import { createServer } from 'node:https';
import { createServer as createTcpServer, type Server } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Certificate, type CertificateFlaws, selfSigned } from './certificate.test.support.ts';
import { createEndpointProbe, type EndpointProbeOptions } from './endpoint-probe.ts';
import { createHttpClient } from './http-client.ts';

const DAY_MS = 86_400_000;
const egress = { allowPrivate: ['127.0.0.0/8'] };
const lookup = async () => [{ address: '127.0.0.1', family: 4 }];

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

async function walk(url: string, options: Partial<EndpointProbeOptions> = {}, timeoutMs = 2_000) {
  const http = createHttpClient({ egress });
  const probe = createEndpointProbe({ clock: { now: Date.now }, egress, lookup, ...options });
  const steps = await probe.probe(http.target(url, undefined), timeoutMs);
  return steps.map((step) => `${step.name} ${step.outcome === 'passed' ? 'passed' : step.problem}`);
}

async function secure({ key, cert }: Certificate): Promise<number> {
  const server = createServer({ key, cert }, (_request, response) => response.end());
  server.on('tlsClientError', () => {});
  return portOf(server);
}

test('a way that is open is walked to its end', async () => {
  const port = await portOf(createTcpServer());
  expect(await walk(`http://tools.example:${port}`)).toEqual(['dns passed', 'tcp passed']);
  const certificate = selfSigned('tools.example');
  const securePort = await secure(certificate);
  const trusted = await walk(`https://tools.example:${securePort}`, { certificates: [certificate.cert] });
  expect(trusted).toEqual(['dns passed', 'tcp passed', 'tls passed']);
});

test.each<[problem: string, host: string, flaws: CertificateFlaws, isTrusted: boolean]>([
  ['certificate_self_signed', 'tools.example', {}, false],
  ['certificate_unknown_authority', 'tools.example', { issuer: 'Somebody' }, false],
  ['certificate_expired', 'tools.example', { valid: [-2 * DAY_MS, -DAY_MS] }, true],
  ['certificate_not_yet_valid', 'tools.example', { valid: [DAY_MS, 2 * DAY_MS] }, true],
  ['certificate_wrong_host', 'other.example', {}, true],
])('a certificate that will not do is named: %s', async (problem, host, flaws, isTrusted) => {
  const certificate = selfSigned(host, flaws);
  const port = await secure(certificate);
  const certificates = isTrusted ? [certificate.cert] : [];
  expect(await walk(`https://tools.example:${port}`, { certificates })).toEqual([
    'dns passed',
    'tcp passed',
    `tls ${problem}`,
  ]);
});

test('https to what speaks no TLS', async () => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  });
  const port = await portOf(server);
  expect(await walk(`https://127.0.0.1:${port}`)).toEqual(['dns passed', 'tcp passed', 'tls not_tls']);
});

test('a handshake that never ends', async () => {
  const port = await portOf(createTcpServer((socket) => socket.on('error', () => socket.destroy())));
  expect(await walk(`https://127.0.0.1:${port}`, {}, 50)).toEqual(['dns passed', 'tcp passed', 'tls timeout']);
});

test('a name that nobody knows, a resolver that fails, an address that is forbidden, a port where nobody listens', async () => {
  const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));
  expect(await walk('http://nowhere.example', { lookup: failing('ENOTFOUND') })).toEqual(['dns name_unknown']);
  expect(await walk('http://nowhere.example', { lookup: failing('EAI_AGAIN') })).toEqual(['dns resolver_failed']);
  expect(await walk('http://tools.example', { lookup: async () => [] })).toEqual(['dns name_unknown']);
  expect(await walk('http://tools.example', { egress: { allowPrivate: [] } })).toEqual(['dns egress_denied']);
  expect(await walk('http://10.0.0.1', {})).toEqual(['dns egress_denied']);
  const server = createTcpServer();
  const port = await portOf(server);
  server.close();
  expect(await walk(`http://127.0.0.1:${port}`)).toEqual(['dns passed', 'tcp refused']);
});

test('the environment cannot switch verification off', async () => {
  const port = await secure(selfSigned('127.0.0.1'));
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  expect(await walk(`https://127.0.0.1:${port}`)).toContain('tls certificate_self_signed');
});
