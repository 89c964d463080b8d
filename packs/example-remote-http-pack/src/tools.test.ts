import type { JsonValue, RemoteCall, RemoteToolAdapter, ToolConnection, ToolContext, ToolServices } from '@capstan/sdk';
import { describe, expect, it } from 'vitest';
import { lineSendMessage } from './tools.ts';

const connection: ToolConnection = {
  id: 'con_1',
  workspaceId: 'default',
  pack: 'example_remote_http',
  toolType: 'line',
  connectionType: 'remote',
  name: 'Support channel',
  remoteConnectionId: 'C1',
  config: {},
  auth: { type: 'none' },
  owner: 'workspace',
  status: 'connected',
};

const logger = { debug() {}, info() {}, warn() {}, error() {} };

const context: ToolContext = {
  executionId: 'exe_1',
  principal: { id: 'tester', roles: [], permissions: [] },
  tenantId: 'default',
  workspaceId: 'default',
  signal: new AbortController().signal,
  deadline: Number.MAX_SAFE_INTEGER,
  idempotencyKey: 'exe_1',
  logger,
  extra: {},
  progress() {},
  elicit: () => Promise.reject(new Error('this tool asks nobody')),
};

/** Remembers the calls and answers what it is told to. */
class FakeAdapter implements RemoteToolAdapter {
  readonly calls: RemoteCall[] = [];
  readonly #answer: () => Promise<JsonValue>;

  constructor(answer: () => Promise<JsonValue>) {
    this.#answer = answer;
  }

  call(call: RemoteCall): Promise<JsonValue> {
    this.calls.push(call);
    return this.#answer();
  }

  callBatch(): Promise<never> {
    return Promise.reject(new Error('this tool makes no batches'));
  }
}

/** Only the services that the tool asks for; any other is a mistake that should show. */
function services(adapter: RemoteToolAdapter): ToolServices {
  const missing = (name: string) => (): never => {
    throw new Error(`this tool should not use ${name}`);
  };
  return {
    remoteToolAdapter: adapter,
    connection,
    config: {},
    logger,
    clock: { now: () => 0 },
    http: { request: missing('http') },
    tools: { call: missing('tools') },
  };
}

describe('line.send_message', () => {
  it('sends the messages through the channel of the connection and gives back what the service answers', async () => {
    const adapter = new FakeAdapter(async () => ({ message_ids: ['msg_1'] }));
    const send = lineSendMessage(services(adapter));

    const sticker = { type: 'sticker', packageId: '1', stickerId: '2' };
    expect(await send({ to: 'U1', messages: [sticker] }, context)).toEqual({ message_ids: ['msg_1'] });
    expect(adapter.calls).toEqual([
      {
        connection,
        toolType: 'line',
        action: 'send_message',
        params: { channel_id: 'C1', to: 'U1', messages: [sticker] },
        context,
      },
    ]);
  });

  it('turns plain text into a message of type text', async () => {
    const adapter = new FakeAdapter(async () => null);
    await lineSendMessage(services(adapter))({ to: 'U1', messages: ['hi', { type: 'text', text: 'there' }] }, context);
    expect(adapter.calls[0]?.params.messages).toEqual([
      { type: 'text', text: 'hi' },
      { type: 'text', text: 'there' },
    ]);
  });

  it('leaves the errors of the service as they are', async () => {
    const refusal = new Error('the service refused');
    const send = lineSendMessage(services(new FakeAdapter(() => Promise.reject(refusal))));
    await expect(send({ to: 'U1', messages: ['hi'] }, context)).rejects.toBe(refusal);
  });

  it('says which key of which connection is missing, and calls nobody', async () => {
    const adapter = new FakeAdapter(async () => null);
    const { remoteConnectionId: _, ...withoutChannel } = connection;
    const send = lineSendMessage({ ...services(adapter), connection: withoutChannel });
    expect(() => send({ to: 'U1', messages: ['hi'] }, context)).toThrow(
      expect.objectContaining({
        code: 'CAPSTAN_NEEDS_CONFIG',
        message: "the connection 'con_1' names no LINE channel",
        details: { missing: [{ key: 'remote_connection_id', connection: 'con_1' }] },
      }),
    );
    expect(adapter.calls).toEqual([]);
  });
});
