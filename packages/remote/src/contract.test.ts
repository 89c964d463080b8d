import { readFile } from 'node:fs/promises';
import { createSecret } from '@capstan/schema';
import { describe, expect, test } from 'vitest';
import type { TracedRemoteCall } from './contract-request.ts';
import { scriptedService } from './scripted-service.test.support.ts';
import { callOf, connectionTo, errorOf, START_MS, testAdapter } from './test-adapter.test.support.ts';

/** The raw request that a golden file stands for: its head has LF where the wire has CRLF, and it ends with a line break. */
async function golden(name: string, port: number): Promise<string> {
  const text = await readFile(new URL(`../golden/${name}.http`, import.meta.url), 'utf8');
  const end = text.indexOf('\n\n');
  const head = text.slice(0, end).replaceAll('\n', '\r\n').replace('{port}', String(port));
  return `${head}\r\n\r\n${text.slice(end + 2, -1)}`;
}

async function requestOf(makeCall: (url: string) => TracedRemoteCall): Promise<{ request: string; port: number }> {
  const service = await scriptedService();
  await testAdapter().adapter.call(makeCall(service.url));
  expect(service.requests).toHaveLength(1);
  return { request: service.requests[0] ?? '', port: service.port };
}

describe('requests are the golden files, byte by byte', () => {
  test('the seed example, with a token', async () => {
    const { request, port } = await requestOf((url) =>
      callOf(connectionTo(url, { auth: { type: 'bearer', token: createSecret('golden-token') } }), {
        params: { channel_id: 'C1', to: 'U1', messages: [{ type: 'text', text: 'hi' }] },
      }),
    );
    expect(request).toBe(await golden('with-token', port));
  });

  test('without a token there is no Authorization header', async () => {
    const { request, port } = await requestOf((url) => callOf(connectionTo(url), { params: {} }));
    expect(request).toBe(await golden('without-token', port));
  });

  test('a base path, characters beyond ASCII, declared context keys, a chosen key, a trace that goes on, little time', async () => {
    const { request, port } = await requestOf((url) =>
      callOf(connectionTo(`${url}/tools/api/`, { config: { api_token: 'plain token', base_url: 'http://unused' } }), {
        toolType: 'wp',
        action: 'publish post',
        params: { title: 'Grüße 👋', empty: null, left_out: undefined },
        context: {
          idempotencyKey: 'order-42',
          extra: { locale: 'de', tenant_id: 'other', execution_id: 'other' },
          traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00',
          deadline: START_MS + 12_345,
        },
      }),
    );
    expect(request).toBe(await golden('everything', port));
  });
});

test('the base URL and the token may stand in the config alone', async () => {
  const service = await scriptedService();
  const { remoteClusterUrl: _, ...connection } = connectionTo('', {
    config: { base_url: service.url, api_token: createSecret('from-config') },
  });
  await testAdapter().adapter.call(callOf(connection));
  expect(service.requests[0]).toContain('\r\nAuthorization: Bearer from-config\r\n');
});

test.each([
  ['an empty token', { type: 'bearer', token: '' }],
  ['no token', { type: 'bearer' }],
  ['no credentials at all', { type: 'none' }],
] as const)('%s sends no Authorization header', async (_what, auth) => {
  const service = await scriptedService();
  await testAdapter().adapter.call(callOf(connectionTo(service.url, { auth })));
  expect(service.requests[0]).not.toMatch(/authorization/i);
});

test('config and secrets never travel, not even as parameters', async () => {
  const service = await scriptedService();
  const token = createSecret('never-in-a-body');
  const connection = connectionTo(service.url, { config: { note: 'config-value' }, auth: { type: 'bearer', token } });
  await testAdapter().adapter.call(callOf(connection, { params: JSON.parse(JSON.stringify({ token })) }));
  const [, body] = (service.requests[0] ?? '').split('\r\n\r\n');
  expect(body).not.toContain('never-in-a-body');
  expect(body).not.toContain('config-value');
});

test('a parameter named context is an error, not an overwrite', async () => {
  const service = await scriptedService();
  const error = await errorOf(
    testAdapter().adapter.call(callOf(connectionTo(service.url), { params: { context: 1 } })),
  );
  expect(error.code).toBe('CAPSTAN_INVALID_ARGUMENTS');
  expect(service.requests).toEqual([]);
});

test('parameters that are no JSON are an error of the caller', async () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const params: TracedRemoteCall['params'] = Object.fromEntries(Object.entries(circular) as [string, string][]);
  const error = await errorOf(testAdapter().adapter.call(callOf(connectionTo('http://127.0.0.1:1'), { params })));
  expect(error.code).toBe('CAPSTAN_INVALID_ARGUMENTS');
});

test('a connection without a base URL needs config, and says which key', async () => {
  const { remoteClusterUrl: _, ...connection } = connectionTo('');
  const error = await errorOf(testAdapter().adapter.call(callOf(connection)));
  expect(error.code).toBe('CAPSTAN_NEEDS_CONFIG');
  expect(error.details.missing).toMatchObject([{ key: 'base_url' }]);
});

test('a host outside the egress list is refused before a socket is opened', async () => {
  const service = await scriptedService();
  const { adapter, http } = testAdapter();
  const connection = connectionTo(service.url);
  await adapter.call(callOf(connection, { policy: { egress: [service.url] } }));
  const error = await errorOf(adapter.call(callOf(connection, { policy: { egress: ['api.example.com'] } })));
  expect([error.code, error.retriable]).toEqual(['CAPSTAN_EGRESS_DENIED', false]);
  expect([service.requests.length, http.openSockets()]).toEqual([1, 1]);
});

test('a base URL is parsed once per connection and egress list', async () => {
  const service = await scriptedService();
  const { http } = testAdapter();
  let parsed = 0;
  const { adapter } = testAdapter({
    http: {
      target: (...args) => {
        parsed += 1;
        return http.target(...args);
      },
      exchange: (exchange) => http.exchange(exchange),
      stream: (request, sink) => http.stream(request, sink),
      close: () => http.close(),
      openSockets: () => http.openSockets(),
    },
  });
  const [connection, egress] = [connectionTo(service.url), [service.url]];
  for (let count = 0; count < 3; count += 1) {
    await adapter.call(callOf(connection));
    await adapter.call(callOf(connection, { policy: { egress } }));
  }
  expect(parsed).toBe(2);
});

test('a trace id is the execution id, and a broken traceparent of the caller is not passed on', async () => {
  const service = await scriptedService();
  const { adapter } = testAdapter();
  await adapter.call(callOf(connectionTo(service.url), { context: { traceparent: 'x\r\nX-Injected: 1' } }));
  await adapter.call(callOf(connectionTo(service.url), { context: { executionId: 'my own id' } }));
  const traces = service.requests.map((request) => /^traceparent: (.*)\r$/m.exec(request)?.[1]);
  expect(traces[0]).toBe('00-01939a3c7d2e7bbb8ccc0123456789ab-8ccc0123456789ab-01');
  expect(traces[1]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
});

test('what cannot be a header is refused with the setting to mend, before anything is sent', async () => {
  const service = await scriptedService();
  const { adapter } = testAdapter();
  const auth = { type: 'bearer', token: createSecret('token-from-a-file\n') } as const;
  const bad = await errorOf(adapter.call(callOf(connectionTo(service.url, { auth }))));
  expect([bad.code, bad.hint]).toEqual(['CAPSTAN_CONFIG_INVALID', expect.stringContaining('line break')]);
  const key = await errorOf(adapter.call(callOf(connectionTo(service.url), { context: { idempotencyKey: 'a\r\nb' } })));
  expect(key.code).toBe('CAPSTAN_INVALID_REQUEST');
  expect(service.requests).toEqual([]);
  expect(adapter.circuits()).toMatchObject([{ endpoint: service.url, state: { kind: 'closed', failures: 0 } }]);
});

test('a closed adapter takes no more calls', async () => {
  const { adapter } = testAdapter();
  await adapter.close();
  expect((await errorOf(adapter.call(callOf(connectionTo('http://127.0.0.1:1'))))).code).toBe('CAPSTAN_DRAINING');
});
