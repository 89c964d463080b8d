import { fileURLToPath } from 'node:url';
import { loadCheck, testPack } from '@capstan/testing';
import { hostForTest, serviceForTest } from '@capstan/testing/vitest';
import { describe, expect, it } from 'vitest';

// Integration tests: the whole pack in a real host, over real HTTP. The code of the pack is the built one: npm run build.

const PACK = fileURLToPath(new URL('..', import.meta.url));
const TOKEN = 'token-of-the-test';
const SENT = { message_ids: ['msg_1'], to: 'U1', sent_at: '2026-01-01T00:00:00Z' };

async function packAndService() {
  const service = await serviceForTest(
    { 'line.send_message': SENT, 'line.list_messages': { items: [], next_cursor: null } },
    { token: TOKEN },
  );
  const host = await hostForTest({
    packs: { example_remote_http: PACK },
    config: { example_remote_http: { base_url: service.url, api_token: TOKEN } },
    connections: [
      {
        id: 'line-1',
        pack: 'example_remote_http',
        tool_type: 'line',
        connection_type: 'remote',
        name: 'LINE',
        remote_connection_id: 'C1',
      },
    ],
  });
  return { service, host };
}

describe('the pack in a host', () => {
  it('sends with the token and the channel of the connection', async () => {
    const { service, host } = await packAndService();
    const outcome = await host.invoke({ tool: 'line_send_message', arguments: { to: 'U1', messages: ['hi'] } });
    expect(outcome).toMatchObject({ status: 'succeeded', result: { value: SENT } });
    expect(service.calls).toMatchObject([
      {
        tool: 'line.send_message',
        params: { channel_id: 'C1', to: 'U1', messages: [{ type: 'text', text: 'hi' }] },
        headers: { authorization: `Bearer ${TOKEN}` },
      },
    ]);
  });

  it('reads again after an outage, and sends once only', async () => {
    const { service, host } = await packAndService();
    service.fail('line.list_messages', { kind: 'status', status: 503, retryAfterS: 0 }, 2);
    expect(await host.invoke({ tool: 'line_list_messages' })).toMatchObject({ status: 'succeeded' });
    service.fail('line.send_message', { kind: 'reset' });
    const sent = await host.invoke({ tool: 'line_send_message', arguments: { to: 'U1', messages: ['hi'] } });
    expect(sent).toMatchObject({ status: 'failed', error: { code: 'CAPSTAN_REMOTE_UNREACHABLE' } });
    expect(service.calls.map(({ tool }) => tool)).toEqual([
      ...Array.from({ length: 3 }, () => 'line.list_messages'),
      'line.send_message',
    ]);
  });

  it('runs the examples of its manifest', async () => {
    const { results } = await testPack(PACK);
    expect(results.filter(({ status }) => status !== 'passed')).toEqual([]);
  });

  it('holds together under a small load: every call ends once', async () => {
    const { service, host } = await packAndService();
    const { succeeded, codes } = await loadCheck(host, {
      calls: 100,
      concurrency: 10,
      request: (index) => ({ tool: 'line_send_message', arguments: { to: `U${index}`, messages: ['hi'] } }),
    });
    expect({ succeeded, codes }).toEqual({ succeeded: 100, codes: {} });
    expect(new Set(service.calls.map(({ params }) => params.to)).size).toBe(100);
  });
});
