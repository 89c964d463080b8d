import { CapstanError } from '@capstan/sdk';
import { CallMetrics, MetricRegistry } from '@capstan/telemetry';
import { expect, test } from 'vitest';
import { ADMIN_KEY, AGENT_KEY, type ServerUnderTest, serverUnderTest, tool } from '../running-server.test.support.ts';

const BASE = '/v1/workspaces/default';

async function measuredServer(): Promise<ServerUnderTest> {
  const metrics = new MetricRegistry();
  return serverUnderTest({
    metrics,
    hostOptions: { observer: new CallMetrics(metrics, () => performance.now()) },
    tools: [
      tool('app.echo', () => 'hi'),
      tool('app.broken', () => {
        throw new CapstanError('CAPSTAN_REMOTE_UNAVAILABLE', 'on purpose');
      }),
    ],
    keys: [
      { name: 'agent', role: 'agent', value: AGENT_KEY },
      { name: 'admin', role: 'admin', value: ADMIN_KEY },
      { name: 'operator', role: 'operator', workspace: 'default', value: 'value-of-the-key-operator' },
      { name: 'scraper', role: 'operator', value: 'value-of-the-key-scraper' },
    ],
  });
}

test('calls of all surfaces are counted by tool and outcome, requests by route and status', async () => {
  const server = await measuredServer();
  for (const name of ['echo', 'echo', 'broken', 'nobody-has-this']) {
    await server.send(`${BASE}/tools/${name}/invoke`, { method: 'POST' });
  }
  const rpc = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo', arguments: {} } };
  const headers = { accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-11-25' };
  await server.send('/mcp', { body: rpc, headers });
  await server.send(`${BASE}/tools`, { key: 'wrong' });
  await server.send('/nowhere/secret-in-a-path');
  const answer = await server.send('/metrics', { key: 'value-of-the-key-scraper' });
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const text = await answer.text();
  for (const line of [
    'capstan_calls_total{workspace="default",tool="app.broken",status="failed"} 1',
    'capstan_calls_total{workspace="default",tool="_unknown",status="failed"} 1',
    'capstan_call_errors_total{tool="app.broken",code="CAPSTAN_REMOTE_UNAVAILABLE"} 1',
    'capstan_call_duration_seconds_count{tool="app.broken"} 1',
    'capstan_calls_running 0',
    'capstan_requests_refused_total{reason="unauthenticated"} 1',
    'http_server_request_duration_seconds_count{http_request_method="GET",http_route="_none",http_response_status_code="404"} 1',
    '# TYPE process_resident_memory_bytes gauge',
    '# TYPE capstan_circuit_state gauge',
  ]) {
    expect(text).toContain(line);
  }
  expect(text).toMatch(/capstan_calls_total\{workspace="default",tool="app.echo",status="succeeded"\} [23]\n/);
  expect(text).toMatch(
    /http_route="\/v1\/workspaces\/:workspace\/tools\/:tool\/invoke",http_response_status_code="200",le="\+Inf"\} 2\n/,
  );
  expect(text).toMatch(/http_route="\/mcp"/);
  expect(text).not.toMatch(/secret-in-a-path|nobody-has-this/);
});

test('metrics are for operators of all workspaces', async () => {
  const server = await measuredServer();
  for (const [key, status] of [
    ['', 401],
    [AGENT_KEY, 403],
    ['value-of-the-key-operator', 403],
    ['value-of-the-key-scraper', 200],
    [ADMIN_KEY, 200],
  ] as const) {
    expect((await server.send('/metrics', { key })).status).toBe(status);
  }
});

test('where nothing is counted there is no such route', async () => {
  expect((await (await serverUnderTest()).send('/metrics', { key: ADMIN_KEY })).status).toBe(404);
});
