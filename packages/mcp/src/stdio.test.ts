import { Client } from '@modelcontextprotocol/client';
import { InMemoryTransport } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FakeGateway, fakeCaller, untilCancelled } from './fake-gateway.test.support.ts';
import { createMcpServerFactory } from './mcp-server-factory.ts';

const ERAS = [
  { revision: '2025-11-25', mode: 'legacy' },
  { revision: '2026-07-28', mode: { pin: '2026-07-28' } },
] as const;

describe.each(ERAS)('one connection, revision $revision', ({ mode }) => {
  test('lists and calls as the one caller of the connection', async () => {
    const gateway = new FakeGateway({ echo: { run: (call) => ({ value: call.arguments }) } });
    const client = await connect(gateway, mode);
    expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(['echo']);
    expect((await client.callTool({ name: 'echo', arguments: { a: 1 } })).structuredContent).toEqual({ a: 1 });
    expect(gateway.calls[0]?.caller).toEqual(fakeCaller());
  });

  test('tells of changes, and stops listening when the connection closes', async () => {
    const gateway = new FakeGateway();
    const client = await connect(gateway, mode);
    const changed = new Promise<void>((resolve) => {
      client.setNotificationHandler('notifications/tools/list_changed', () => resolve());
    });
    if (mode !== 'legacy') await client.listen({ toolsListChanged: true });
    gateway.set('later', { run: () => ({ value: null }) });
    await changed;
    await client.close();
    expect(gateway.listenerCount).toBe(0);
  });

  test('a closed connection aborts what it was waiting for', async () => {
    const started = Promise.withResolvers<AbortSignal>();
    const gateway = new FakeGateway({
      long: {
        run: (call) => {
          started.resolve(call.signal);
          return untilCancelled(call);
        },
      },
    });
    const client = await connect(gateway, mode);
    const calling = client.callTool({ name: 'long' });
    const signal = await started.promise;
    await Promise.all([client.close(), expect(calling).rejects.toThrow()]);
    expect(signal.aborted).toBe(true);
  });
});

async function connect(gateway: FakeGateway, mode: (typeof ERAS)[number]['mode']): Promise<Client> {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const factory = createMcpServerFactory({ gateway, version: '1.2.3', caller: fakeCaller() });
  const handle = serveStdio(factory, { transport: ours });
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(theirs);
  onTestFinished(() => handle.close());
  return client;
}
