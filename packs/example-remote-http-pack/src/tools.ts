import { CapstanError, defineTool, type JsonObject, type ToolConnection, type ToolFactory } from '@capstan/sdk';

/** What `input_schema` of line.send_message lets through. */
export interface SendMessageInput {
  readonly to: string;
  /** A string is short for a message of type text. */
  readonly messages: readonly (string | JsonObject)[];
}

/**
 * Code instead of `remote:`, because it lets an agent write `"hi"` where LINE wants `{ type: 'text', text: 'hi' }`.
 * A tool that sends its arguments as they are needs no code.
 */
export const lineSendMessage: ToolFactory<SendMessageInput> = defineTool(
  ({ remoteToolAdapter, connection }) =>
    (input, context) =>
      remoteToolAdapter.call({
        connection,
        toolType: 'line',
        action: 'send_message',
        params: { channel_id: channelOf(connection), to: input.to, messages: input.messages.map(toLineMessage) },
        context,
      }),
);

function toLineMessage(message: string | JsonObject): JsonObject {
  return typeof message === 'string' ? { type: 'text', text: message } : message;
}

function channelOf(connection: ToolConnection): string {
  if (connection.remoteConnectionId !== undefined) return connection.remoteConnectionId;
  throw new CapstanError('CAPSTAN_NEEDS_CONFIG', `the connection '${connection.id}' names no LINE channel`, {
    hint: 'Set remote_connection_id of the connection to the id of the LINE channel that is to speak.',
    details: { missing: [{ key: 'remote_connection_id', connection: connection.id }] },
  });
}
