import { recordingAdapter, testConnection, testContext, testServices } from '@capstan/testing';
import { describe, expect, it } from 'vitest';
import { lineSendMessage } from './tools.ts';

// Unit tests: the code of one tool, over an adapter that reaches nobody.

const connection = testConnection({ remoteConnectionId: 'C1' });

describe('line.send_message', () => {
  it('sends the messages through the channel of the connection and gives back what the service answers', async () => {
    const adapter = recordingAdapter({ message_ids: ['msg_1'] });
    const context = testContext();
    const send = lineSendMessage(testServices({ remoteToolAdapter: adapter, connection }));

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
    const adapter = recordingAdapter();
    const send = lineSendMessage(testServices({ remoteToolAdapter: adapter, connection }));
    await send({ to: 'U1', messages: ['hi', { type: 'text', text: 'there' }] }, testContext());
    expect(adapter.calls[0]?.params.messages).toEqual([
      { type: 'text', text: 'hi' },
      { type: 'text', text: 'there' },
    ]);
  });

  it('leaves the errors of the service as they are', async () => {
    const refusal = new Error('the service refused');
    const adapter = recordingAdapter(() => Promise.reject(refusal));
    const send = lineSendMessage(testServices({ remoteToolAdapter: adapter, connection }));
    await expect(send({ to: 'U1', messages: ['hi'] }, testContext())).rejects.toBe(refusal);
  });

  it('says which key of which connection is missing, and calls nobody', () => {
    const adapter = recordingAdapter();
    const send = lineSendMessage(
      testServices({ remoteToolAdapter: adapter, connection: testConnection({ id: 'con_1' }) }),
    );
    expect(() => send({ to: 'U1', messages: ['hi'] }, testContext())).toThrow(
      expect.objectContaining({
        code: 'CAPSTAN_NEEDS_CONFIG',
        message: "the connection 'con_1' names no LINE channel",
        details: { missing: [{ key: 'remote_connection_id', connection: 'con_1' }] },
      }),
    );
    expect(adapter.calls).toEqual([]);
  });
});
