import { createServer, type RequestListener, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { InvocationOutcome, JsonObject } from '@capstan/sdk';
import { createTestHost, testPack } from '@capstan/testing';
import { expect, onTestFinished, test } from 'vitest';

const PACK = fileURLToPath(new URL('..', import.meta.url));

async function listening(listener: RequestListener): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { server, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` };
}

/** An instance that says its name, what it was asked, and counts. */
async function instance(name: string) {
  const heard: string[] = [];
  const { url, server } = await listening(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    heard.push(`${request.method} ${request.url} ${Buffer.concat(chunks).toString()}`.trim());
    if (request.url === '/missing')
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"no such order"}');
    else response.setHeader('content-type', 'application/json').end(JSON.stringify({ from: name }));
  });
  return { url, server, heard };
}

async function packOn(registry: RequestListener): Promise<(args: JsonObject) => Promise<InvocationOutcome>> {
  const { url } = await listening(registry);
  const host = await createTestHost({ packs: { microservice: PACK }, config: { microservice: { registry_url: url } } });
  onTestFinished(() => host.close({ timeoutMs: 100 }));
  return (args) => host.invoke({ tool: 'microservice_call', arguments: args });
}

const knows =
  (service: string, urls: readonly string[]): RequestListener =>
  (request, response) => {
    if (request.url !== `/services/${service}`) return void response.writeHead(404).end();
    response.setHeader('content-type', 'application/json').end(JSON.stringify(urls.map((url) => ({ url }))));
  };

test('a service is called by its name', async () => {
  const orders = await instance('one');
  const call = await packOn(knows('orders', [orders.url]));
  expect(
    await call({ service_name: 'orders', endpoint: '/v1/orders', method: 'POST', data: { item: 'lamp' } }),
  ).toMatchObject({
    status: 'succeeded',
    result: { value: { service_name: 'orders', endpoint: '/v1/orders', status_code: 200, data: { from: 'one' } } },
  });
  await call({ service_name: 'orders', endpoint: 'v1/orders/42?full=1' });
  expect(orders.heard).toEqual(['POST /v1/orders {"item":"lamp"}', 'GET /v1/orders/42?full=1']);
});

test('when an instance dies the other one answers, and no call is lost', async () => {
  const one = await instance('one');
  const two = await instance('two');
  const call = await packOn(knows('orders', [one.url, two.url]));
  const get = () => call({ service_name: 'orders', endpoint: '/x' });
  for (let number = 0; number < 6; number += 1) expect((await get()).status).toBe('succeeded');
  one.server.closeAllConnections();
  one.server.close();
  for (let number = 0; number < 12; number += 1) {
    expect(await get()).toMatchObject({ status: 'succeeded', result: { value: { data: { from: 'two' } } } });
  }
});

test('an answer that is no success is an error with what the service says', async () => {
  const orders = await instance('one');
  const call = await packOn(knows('orders', [orders.url]));
  expect(await call({ service_name: 'orders', endpoint: '/missing' })).toMatchObject({
    status: 'failed',
    error: { code: 'CAPSTAN_REMOTE_REFUSED', details: { status_code: 404, data: { error: 'no such order' } } },
  });
});

test('a name that the registry does not know, and one that is no name, are errors', async () => {
  const call = await packOn(knows('orders', []));
  expect(await call({ service_name: 'nobody', endpoint: '/x' })).toMatchObject({
    status: 'failed',
    error: { code: 'CAPSTAN_REMOTE_UNREACHABLE' },
  });
  expect(await call({ service_name: 'a/../b', endpoint: '/x' })).toMatchObject({
    error: { code: 'CAPSTAN_INVALID_ARGUMENTS' },
  });
});

test('every example of the manifest works', async () => {
  const orders = await instance('one');
  const { url } = await listening(knows('orders', [orders.url]));
  const { results } = await testPack(PACK, { config: { registry_url: url }, writes: true });
  expect(results.filter(({ status }) => status !== 'passed')).toEqual([]);
  expect(results.length).toBeGreaterThan(0);
});
