import { fileURLToPath } from 'node:url';
import { startExampleService } from '@capstan/example-remote-service';
import type { InvocationOutcome, JsonObject } from '@capstan/sdk';
import { createTestHost, testPack } from '@capstan/testing';
import { expect, onTestFinished, test } from 'vitest';

const PACK = fileURLToPath(new URL('..', import.meta.url));
const TOKEN = 'a-token-of-the-test';

async function pack(): Promise<(tool: string, args: JsonObject) => Promise<InvocationOutcome>> {
  const service = await startExampleService({ token: TOKEN });
  onTestFinished(() => service.close());
  const host = await createTestHost({
    packs: { notify: PACK },
    config: { notify: { base_url: service.url, api_token: TOKEN } },
    connections: [
      { id: 'line', pack: 'notify', tool_type: 'line', connection_type: 'remote', remote_connection_id: 'C1' },
      { id: 'wp', pack: 'notify', tool_type: 'wp', connection_type: 'remote' },
    ],
  });
  onTestFinished(() => host.close({ timeoutMs: 100 }));
  return (tool, args) => host.invoke({ tool, arguments: args });
}

test('a message arrives at the service, through the channel of the connection', async () => {
  const call = await pack();
  const messages = [{ type: 'text', text: 'Your table is ready.' }];
  expect((await call('line_send_message', { to: 'U1', messages })).status).toBe('succeeded');
  expect(await call('line_list_messages', { to: 'U1' })).toMatchObject({
    result: { value: { items: [{ to: 'U1', channel_id: 'C1', message: messages[0] }] } },
  });
});

test('a post is published, and a draft stays one', async () => {
  const call = await pack();
  const post = { title: 'Opening hours', content: 'Every day.', status: 'draft', tags: ['news'] };
  expect(await call('wp_publish_post', post)).toMatchObject({ result: { value: { status: 'draft' } } });
  expect(await call('wp_list_posts', { status: 'draft' })).toMatchObject({
    result: { value: { items: [{ title: 'Opening hours' }] } },
  });
});

test('what does not fit never reaches the service', async () => {
  const call = await pack();
  expect(await call('line_send_message', { to: 'U1', messages: [] })).toMatchObject({
    error: { code: 'CAPSTAN_INVALID_ARGUMENTS' },
  });
});

test('every example of the manifest works', async () => {
  const { results } = await testPack(PACK);
  expect(results.filter(({ status }) => status !== 'passed')).toEqual([]);
  expect(results.length).toBeGreaterThan(0);
});
