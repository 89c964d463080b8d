import type { ContentBlock, JsonValue } from '@capstan/sdk';
import { oneLine, plainText } from './display-text.ts';
import { jsonText } from './printer.ts';

/** A result as a person reads it: a text as it is, anything else as indented JSON. */
export function valueText(value: JsonValue): string {
  return typeof value === 'string' ? plainText(value) : jsonText(value, 2);
}

/** Content blocks as a person reads them: text as it is, a link by its address, what is no text by its kind and size. */
export function contentText(blocks: readonly ContentBlock[]): string {
  return blocks.map(blockText).join('\n');
}

function blockText(block: ContentBlock): string {
  const { type, text, data, mimeType, uri } = block;
  if (type === 'text' && typeof text === 'string') return plainText(text);
  if (typeof data === 'string') {
    const kind = oneLine(typeof mimeType === 'string' ? `${type} ${mimeType}` : type);
    return `[${kind}, ${Buffer.byteLength(data, 'base64')} bytes; -o json has them]`;
  }
  if (typeof uri === 'string') return `[${oneLine(`${type} ${uri}`)}]`;
  return jsonText(block, 2);
}
