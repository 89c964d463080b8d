import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { linePackFolder } from '../line-pack.test.support.ts';
import { logInto, type ServerUnderTest, serverUnderTest, tool } from '../running-server.test.support.ts';
import { openTelemetry } from './open-telemetry.ts';

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number };
}

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly traceState?: string;
  readonly status: { readonly code: number };
  readonly attributes: readonly Attribute[];
}

interface Metric {
  readonly name: string;
  readonly sum?: {
    readonly dataPoints: readonly { readonly asDouble: number; readonly attributes: readonly Attribute[] }[];
  };
  readonly histogram?: { readonly dataPoints: readonly { readonly count: number }[] };
}

/** A collector that takes OTLP over HTTP, in JSON. */
async function collector() {
  const spans: Span[] = [];
  const metrics: Metric[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const server = createServer(async (incoming, outgoing) => {
    let text = '';
    for await (const chunk of incoming) text += String(chunk);
    const body = JSON.parse(text);
    headers.push(incoming.headers);
    for (const { scopeSpans } of body.resourceSpans ?? []) for (const scope of scopeSpans) spans.push(...scope.spans);
    for (const { scopeMetrics } of body.resourceMetrics ?? [])
      for (const scope of scopeMetrics) metrics.push(...scope.metrics);
    outgoing.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, metrics, headers };
}

/** A remote service that remembers the headers of its calls. */
async function remoteService() {
  const calls: IncomingHttpHeaders[] = [];
  const server = createServer((incoming, outgoing) => {
    calls.push(incoming.headers);
    incoming.resume();
    outgoing.writeHead(200, { 'content-type': 'application/json' });
    outgoing.end(JSON.stringify({ success: true, result: {}, timestamp: '2026-01-01T00:00:00Z' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

async function tracedServer(sampleRatio = 1) {
  const [otlp, remote] = await Promise.all([collector(), remoteService()]);
  const audit: object[] = [];
  const telemetry = await openTelemetry({
    settings: { serviceName: 'capstan-test', otlp: { headers: {}, metricsIntervalMs: 3_600_000 }, sampleRatio },
    endpoint: otlp.url,
    headers: { authorization: 'Bearer of-the-collector' },
    log: logInto([]),
  });
  const { config } = linePackFolder({
    packs: { line_pack: { config: { base_url: remote.url } } },
    egress: { allow_private: ['127.0.0.0/8'] },
    workspaces: { default: { packs: ['line_pack'] } },
  });
  const server = await serverUnderTest({
    metrics: telemetry.metrics,
    ...(telemetry.tracing === undefined ? {} : { tracing: telemetry.tracing }),
    hostOptions: {
      config,
      observer: telemetry.observer,
      ...(telemetry.outgoingTracing === undefined ? {} : { outgoingTracing: telemetry.outgoingTracing }),
      audit: { append: (record) => void audit.push(record), flush: async () => {}, close: async () => {} },
    },
    tools: [tool('app.echo', () => 'hi')],
  });
  return { server, otlp, remote, audit, sent: () => telemetry.close() };
}

const CALLER = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const [, TRACE, PARENT] = CALLER.split('-');

function callLine(server: ServerUnderTest, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return server.send('/v1/workspaces/default/tools/line_send_message/invoke', {
    body: { arguments: { to: 'x' } },
    headers,
  });
}

function attributesOf({ attributes }: Span): Readonly<Record<string, string | number | undefined>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));
}

test('a call over REST is one trace, from the caller through request and tool to the remote service and the audit', async () => {
  const { server, otlp, remote, audit, sent } = await tracedServer();
  expect((await callLine(server, { traceparent: CALLER, tracestate: 'vendor=1' })).status).toBe(200);
  await sent();
  const [tool, request] = [
    'execute_tool line_pack.line.send_message',
    'POST /v1/workspaces/:workspace/tools/:tool/invoke',
  ].map((wanted) => otlp.spans.find(({ name }) => name === wanted));
  expect(request).toMatchObject({ traceId: TRACE, parentSpanId: PARENT, kind: 2, traceState: 'vendor=1' });
  expect(tool).toMatchObject({ traceId: TRACE, parentSpanId: request?.spanId, kind: 1 });
  expect(attributesOf(request!)).toMatchObject({
    'http.request.method': 'POST',
    'http.route': '/v1/workspaces/:workspace/tools/:tool/invoke',
    'http.response.status_code': 200,
  });
  expect(attributesOf(tool!)).toMatchObject({
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'line_pack.line.send_message',
    'capstan.workspace': 'default',
    'capstan.surface': 'rest',
    'capstan.outcome': 'succeeded',
  });
  const outgoing = otlp.spans.find(({ kind }) => kind === 3);
  expect(outgoing).toMatchObject({ traceId: TRACE, parentSpanId: tool?.spanId, name: 'POST' });
  expect(attributesOf(outgoing!)).toMatchObject({ 'server.address': '127.0.0.1', 'http.response.status_code': 200 });
  expect(remote.calls[0]).toMatchObject({ traceparent: `00-${TRACE}-${outgoing?.spanId}-01`, tracestate: 'vendor=1' });
  expect(audit[0]).toMatchObject({ trace_id: TRACE, execution_id: attributesOf(tool!)['gen_ai.tool.call.id'] });
  expect(otlp.headers[0]).toMatchObject({
    authorization: 'Bearer of-the-collector',
    'content-type': 'application/json',
  });
});

test('over MCP the trace of `_meta` goes on', async () => {
  const { server, otlp, remote, sent } = await tracedServer();
  const params = {
    name: 'line_send_message',
    arguments: { to: 'x' },
    _meta: { traceparent: CALLER, tracestate: 'v=2' },
  };
  const headers = { accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-11-25' };
  for (const id of [1, 2]) {
    const body = { jsonrpc: '2.0', id, method: 'tools/call', params };
    expect((await server.send('/mcp', { body, headers })).status).toBe(200);
  }
  await sent();
  const tools = otlp.spans.filter(({ name }) => name === 'execute_tool line_pack.line.send_message');
  expect(tools).toHaveLength(2);
  const outgoing = otlp.spans.filter(({ kind }) => kind === 3);
  for (const [index, span] of tools.entries()) {
    expect(span).toMatchObject({ traceId: TRACE, parentSpanId: PARENT });
    expect(attributesOf(span)).toMatchObject({ 'mcp.method.name': 'tools/call', 'capstan.surface': 'mcp' });
    expect(remote.calls[index]).toMatchObject({
      traceparent: `00-${TRACE}-${outgoing[index]?.spanId}-01`,
      tracestate: 'v=2',
    });
    expect(outgoing[index]?.parentSpanId).toBe(span.spanId);
  }
  expect(otlp.spans.filter(({ name }) => name === 'POST /mcp')).toHaveLength(2);
});

test('a failed call is an error with its code, and no argument is in any span', async () => {
  const { server, otlp, sent } = await tracedServer();
  const body = { arguments: { wrong: 'canary-argument' } };
  await server.send('/v1/workspaces/default/tools/line_send_message/invoke', { body });
  await server.send('/v1/me?x=canary-query');
  await server.send('/v1/workspaces/default/tools/nobody/invoke', { method: 'POST' });
  await sent();
  const errors = otlp.spans
    .filter(({ name }) => name.startsWith('execute_tool'))
    .map((span) => attributesOf(span)['error.type']);
  expect(errors).toEqual(['CAPSTAN_INVALID_ARGUMENTS', 'CAPSTAN_TOOL_NOT_FOUND']);
  expect(JSON.stringify(otlp.spans)).not.toContain('canary');
});

test('probes make no spans, and a trace that nobody keeps is not sent but goes on unsampled', async () => {
  const { server, otlp, remote, sent } = await tracedServer(0);
  await server.send('/healthz', { key: '' });
  await callLine(server);
  await callLine(server, { traceparent: CALLER });
  await sent();
  expect(remote.calls[0]?.traceparent).toMatch(/-00$/);
  expect(new Set(otlp.spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
});

test('what is no traceparent begins a new trace', async () => {
  const { server, otlp, sent } = await tracedServer();
  await callLine(server, { traceparent: '00-zero' });
  await sent();
  expect(new Set(otlp.spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(otlp.spans.find(({ name }) => name.startsWith('POST '))?.parentSpanId ?? '').toBe('');
});

test('metrics are sent as sums since the start', async () => {
  const { server, otlp, sent } = await tracedServer();
  await callLine(server);
  await callLine(server);
  await sent();
  const calls = otlp.metrics.find(({ name }) => name === 'capstan.calls');
  const point = calls?.sum?.dataPoints.find(({ asDouble }) => asDouble === 2);
  expect(point?.attributes).toContainEqual({
    key: 'gen_ai.tool.name',
    value: { stringValue: 'line_pack.line.send_message' },
  });
  expect(
    otlp.metrics.find(({ name }) => name === 'http.server.request.duration')?.histogram?.dataPoints[0]?.count,
  ).toBe(2);
});

test('a collector that is away is one line of the log, and no call waits for it', async () => {
  const lines: string[] = [];
  const telemetry = await openTelemetry({ endpoint: 'http://127.0.0.1:9', log: logInto(lines) });
  const server = await serverUnderTest({
    ...(telemetry.tracing === undefined ? {} : { tracing: telemetry.tracing }),
    hostOptions: { observer: telemetry.observer },
    tools: [tool('app.echo', () => 'hi')],
  });
  expect((await server.send('/v1/workspaces/default/tools/echo/invoke', { method: 'POST' })).status).toBe(200);
  await telemetry.close();
  expect(lines.filter((line) => line.includes('telemetry was not taken'))).toHaveLength(1);
});

test('without a collector nothing is traced', async () => {
  const telemetry = await openTelemetry({ log: logInto([]) });
  expect(telemetry.tracing).toBeUndefined();
  expect(telemetry.observer.begin({} as never).traceparent).toBeUndefined();
});
