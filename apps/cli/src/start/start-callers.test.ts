import { createServer } from 'node:http';
import { OAuth2Server } from 'oauth2-mock-server';
import { expect, onTestFinished, test } from 'vitest';
import { exampleFolder } from '../example-folder.test.support.ts';
import { fakeIo } from '../fake-io.test.support.ts';
import { runCli } from '../run-cli.ts';

/** Somebody else's issuer. */
async function startIssuer() {
  const server = new OAuth2Server();
  await server.issuer.keys.generate('RS256');
  await server.start(0, '127.0.0.1');
  onTestFinished(() => server.stop());
  server.issuer.url = `http://127.0.0.1:${server.address().port}`;
  return server.issuer;
}

/** A collector that remembers what came, and from whom. */
async function startCollector() {
  const seen: { readonly path: string | undefined; readonly key: string | undefined; readonly body: string }[] = [];
  const server = createServer(async (incoming, outgoing) => {
    let body = '';
    for await (const chunk of incoming) body += String(chunk);
    seen.push({ path: incoming.url, key: incoming.headers['x-key'] as string | undefined, body });
    outgoing.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, seen };
}

test('what capstan.yaml says of issuers, blocked networks and a collector holds in a server that was started', async () => {
  const [issuer, collector] = await Promise.all([startIssuer(), startCollector()]);
  const folder = exampleFolder();
  onTestFinished(() => folder.remove());
  const settings = {
    version: 1,
    workspaces: { default: {}, support: {} },
    egress: { allow_private: ['127.0.0.0/8'] },
    server: { trusted_proxies: ['127.0.0.0/8'] },
    auth: {
      jwt: [
        {
          name: 'corp',
          issuer: issuer.url,
          audience: ['capstan'],
          roles: { staff: 'agent' },
          default_workspaces: ['support'],
        },
      ],
      blocked: ['203.0.113.0/24'],
    },
    telemetry: { otlp: { headers: { 'x-key': 'env:COLLECTOR_KEY' } } },
  };
  folder.write('capstan.yaml', JSON.stringify(settings));
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, COLLECTOR_KEY: 'key-of-the-collector' };
  const fake = fakeIo({ argv: ['start', '--port', '0', '--json'], cwd: folder.path, env });
  const exit = runCli(fake.io);
  const { url, keys } = JSON.parse(await fake.untilStdout(/^\{.*\}\n$/u));
  const token = await issuer.buildToken({
    scopesOrTransform: (_header, payload) => Object.assign(payload, { sub: 'ada', roles: ['staff'], aud: 'capstan' }),
  });
  const get = (path: string, key: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}`, ...headers } });

  expect(await (await get('/v1/me', token)).json()).toMatchObject({
    principal: 'user:corp/ada',
    credential: 'jwt',
    workspaces: ['support'],
  });
  expect((await get('/v1/workspaces/default/tools', token)).status).toBe(404);
  const unknown = await fetch(`${url}/mcp`, { method: 'POST' });
  expect(unknown.headers.get('www-authenticate')).toContain(`resource_metadata="${url}/.well-known/`);
  expect((await get('/v1/me', keys.admin, { 'x-forwarded-for': '203.0.113.7' })).status).toBe(403);
  expect((await get('/metrics', keys.admin)).status).toBe(200);

  fake.signal('SIGINT');
  expect(await exit).toBe(0);
  const traces = collector.seen.filter(({ path }) => path === '/v1/traces');
  expect(traces.map(({ body }) => body).join('')).toContain('GET /v1/me');
  expect(collector.seen.some(({ path }) => path === '/v1/metrics')).toBe(true);
  expect(new Set(collector.seen.map(({ key }) => key))).toEqual(new Set(['key-of-the-collector']));
  expect(fake.stderr()).not.toContain(token);
});
