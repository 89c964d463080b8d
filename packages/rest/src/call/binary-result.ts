import type { HttpAnswer } from '@capstan/http';
import { CapstanError, type ContentBlock, type ToolResult, toolResult } from '@capstan/sdk';

/** Base64 makes a third more of it, and it all goes through an agent's client. */
const MAX_BINARY_BYTES = 5 * 1024 * 1024;

/** What a binary result is made from. */
export interface BinaryAnswer {
  readonly answer: HttpAnswer;
  readonly mimeType: string;
  /** Origin and path, without the query: it may hold credentials. */
  readonly uri: string;
  /** Where the backend declares bytes, its own limit. */
  readonly maxBytes?: number;
}

/** An answer of bytes as content for an agent: an image, audio, or an embedded resource. */
export function binaryResult({ answer, mimeType, uri, maxBytes = MAX_BINARY_BYTES }: BinaryAnswer): ToolResult {
  const { body } = answer;
  if (body.length > maxBytes) {
    throw new CapstanError(
      'CAPSTAN_REMOTE_TOO_LARGE',
      `The service answered ${body.length} bytes of ${mimeType}; ${maxBytes} are allowed.`,
      {
        hint: 'Ask for a smaller file; or raise response.max_bytes of the tool.',
        details: { remote_status: answer.status, bytes: body.length, max_bytes: maxBytes },
      },
    );
  }
  return toolResult({
    content: [blockOf(body.toString('base64'), mimeType, uri)],
    structured: { mime_type: mimeType, bytes: body.length },
  });
}

function blockOf(data: string, mimeType: string, uri: string): ContentBlock {
  if (mimeType.startsWith('image/')) return { type: 'image', data, mimeType };
  if (mimeType.startsWith('audio/')) return { type: 'audio', data, mimeType };
  return { type: 'resource', resource: { uri, mimeType, blob: data } };
}
