import type { HttpAnswer } from '@capstan/http';
import { CapstanError, type JsonValue } from '@capstan/sdk';
import type { ResponsePlan } from '../backend/http-backend.ts';

/** An answer's body, read by its content type or as the backend says. */
export type AnswerContent =
  | { readonly kind: 'json'; readonly value: JsonValue }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'binary'; readonly mimeType: string }
  | { readonly kind: 'empty' };

const JSON_TYPE = /^[\w.+-]+\/(?:[\w.+-]+\+)?json$/;
const TEXT_TYPE =
  /^(?:text\/.*|application\/(?:.*\+xml|xml|javascript|x-ndjson|graphql|yaml|x-yaml|x-www-form-urlencoded|sql|toml)|image\/svg\+xml)$/;

/** Reads the body of an answer. @throws CapstanError `CAPSTAN_REMOTE_INVALID_RESPONSE` where it is not what it should be. */
export function readContent(answer: HttpAnswer, as: ResponsePlan['as']): AnswerContent {
  if (answer.body.length === 0) return { kind: 'empty' };
  const { mimeType, charset } = typeOf(answer);
  if (as === 'binary') return { kind: 'binary', mimeType: mimeType ?? 'application/octet-stream' };
  if (as === 'text') return { kind: 'text', text: decode(answer.body, charset) };
  if (as === 'json') return { kind: 'json', value: parseJson(answer, charset) };
  if (mimeType === undefined) return guess(answer, charset);
  if (JSON_TYPE.test(mimeType)) return { kind: 'json', value: parseJson(answer, charset) };
  return TEXT_TYPE.test(mimeType) ? { kind: 'text', text: decode(answer.body, charset) } : { kind: 'binary', mimeType };
}

/** The body as far as it is readable: what error rules and messages are made from. Never throws. */
export function readableBody(answer: HttpAnswer): JsonValue {
  const content = guess(answer, typeOf(answer).charset);
  if (content.kind === 'json') return content.value;
  return content.kind === 'text' ? content.text : null;
}

/** Headers with one text each, without those that are nobody's business. */
export function plainHeaders({ headers }: HttpAnswer): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || name === 'set-cookie' ? [] : [[name, [value].flat().join(', ')]],
    ),
  );
}

function typeOf({ headers }: HttpAnswer): { readonly mimeType: string | undefined; readonly charset: string } {
  const [first = '', ...parameters] = String(headers['content-type'] ?? '').split(';');
  const mimeType = first.trim().toLowerCase();
  const charset = parameters
    .map((text) => /^\s*charset="?([\w.:-]+)"?\s*$/i.exec(text)?.[1])
    .find((name) => name !== undefined);
  return { mimeType: mimeType === '' ? undefined : mimeType, charset: charset ?? 'utf-8' };
}

/** Without a type: JSON where it is JSON, text where it is UTF-8, else bytes. */
function guess({ body }: HttpAnswer, charset: string): AnswerContent {
  if (body.length === 0) return { kind: 'empty' };
  const text = decode(body, charset);
  try {
    const value: JsonValue = JSON.parse(text);
    return { kind: 'json', value };
  } catch {
    return text.includes('\0') || text.includes('\ufffd')
      ? { kind: 'binary', mimeType: 'application/octet-stream' }
      : { kind: 'text', text };
  }
}

function parseJson(answer: HttpAnswer, charset: string): JsonValue {
  try {
    return JSON.parse(decode(answer.body, charset));
  } catch (cause) {
    const kind = answer.headers['content-type'] ?? 'no content type';
    throw new CapstanError(
      'CAPSTAN_REMOTE_INVALID_RESPONSE',
      `The service answered ${answer.status} with a body that is not JSON (${String(kind)}).`,
      {
        cause,
        hint: 'Look at what the service sends; response.as of the tool says how it is read.',
        details: { remote_status: answer.status },
      },
    );
  }
}

/** The decoder drops a byte order mark. An unknown charset is read as UTF-8. */
function decode(body: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return new TextDecoder().decode(body);
  }
}
