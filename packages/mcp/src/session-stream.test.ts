import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { FakeGateway, fakeCaller } from './fake-gateway.test.support.ts';
import { type McpMount, mountMcp } from './node-handler.ts';

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};
const HEADERS = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };

test('a stream that broke off is free for the next one, and its session makes room again', async () => {
  const { port } = await listening(
    mountMcp({
      gateway: new FakeGateway(),
      version: '1.2.3',
      authenticate: () => fakeCaller(),
      sessions: { perCaller: 1 },
    }),
  );
  const first = await sessionOf(port);
  const { socket, status } = await openStream(port, first);
  expect(status).toContain('200');
  expect(await sessionOf(port)).toBeNull();
  socket.destroy();
  const again = await vi.waitFor(async () => {
    const stream = await openStream(port, first);
    expect(stream.status).toContain('200');
    return stream;
  });
  again.socket.destroy();
  await vi.waitFor(async () => expect(await sessionOf(port)).not.toBeNull());
});

async function listening(mount: McpMount): Promise<{ readonly port: number }> {
  const server = createServer(mount);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await mount.close();
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0 };
}

async function sessionOf(port: number): Promise<string | null> {
  const url = `http://127.0.0.1:${port}/mcp`;
  const response = await fetch(url, { method: 'POST', headers: HEADERS, body: JSON.stringify(INITIALIZE) });
  await response.text();
  return response.headers.get('mcp-session-id');
}

function openStream(
  port: number,
  session: string | null,
): Promise<{ readonly socket: Socket; readonly status: string }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.once('data', (chunk) => resolve({ socket, status: String(chunk).split('\r\n', 1)[0] ?? '' }));
    const head = `GET /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nMcp-Session-Id: ${session}\r\n\r\n`;
    socket.write(head);
  });
}
