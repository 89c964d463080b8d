import type { JsonValue } from '@capstan/sdk';

/** One event of a stream. */
export interface StreamEvent {
  readonly event: string;
  readonly data: string;
  /** Undefined where the data is no JSON. */
  readonly json: JsonValue | undefined;
}

/** Reads a whole event stream (WHATWG HTML, 9.2.6): comments are dropped, and an event that is not finished. */
export function readEvents(text: string): readonly StreamEvent[] {
  // Line ends become one character first: in "\r\n" a pattern would find two.
  const blocks = text
    .replace(/^\ufeff/, '')
    .replace(/\r\n?/g, '\n')
    .split('\n\n');
  // What stands behind the last blank line is not finished.
  return blocks.slice(0, -1).flatMap(readBlock);
}

function readBlock(block: string): readonly StreamEvent[] {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const { field, value } = /^(?<field>[^:]*)(?:: ?(?<value>.*))?$/s.exec(line)?.groups ?? {};
    if (field === 'event') event = value ?? '';
    if (field === 'data') data.push(value ?? '');
  }
  if (data.length === 0) return [];
  const text = data.join('\n');
  return [{ event, data: text, json: parsed(text) }];
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
