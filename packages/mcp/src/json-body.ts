import type { IncomingMessage } from 'node:http';

/** What reading a body came to. */
export type BodyReading =
  | { readonly kind: 'read'; readonly body: unknown }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'malformed'; readonly message: string }
  /** The client went away in the middle. */
  | { readonly kind: 'broken_off' };

/** How a body is read. */
export interface BodyReader {
  readonly limitBytes: number;
  /** Makes a value of the text; undefined for an empty body. @throws for what is no JSON */
  readonly parse: (text: string) => unknown;
}

/** Reads a body as JSON, once, and tells what came of it once. */
export function readJsonBody(
  request: IncomingMessage,
  { limitBytes, parse }: BodyReader,
  done: (reading: BodyReading) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  let isDone = false;
  const finish = (reading: BodyReading): void => {
    if (isDone) return;
    isDone = true;
    done(reading);
  };
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) {
    finish({ kind: 'too_large' });
    return;
  }
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > limitBytes) finish({ kind: 'too_large' });
    else if (!isDone) chunks.push(chunk);
  });
  request.on('end', () => finish(parsed(chunks, parse)));
  request.on('close', () => finish({ kind: 'broken_off' }));
  request.on('error', () => finish({ kind: 'broken_off' }));
}

function parsed(chunks: readonly Buffer[], parse: BodyReader['parse']): BodyReading {
  const [first] = chunks;
  const bytes = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
  try {
    return { kind: 'read', body: parse(bytes.toString('utf8')) };
  } catch (error) {
    return { kind: 'malformed', message: error instanceof Error ? error.message : 'not JSON' };
  }
}
