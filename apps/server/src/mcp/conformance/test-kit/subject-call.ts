import type { JsonObject } from '@capstan/sdk';

/** One request to the subject, whichever revision it came in. */
export interface SubjectCall {
  readonly args: JsonObject;
  /** What the client answered so far, by the key of the question; only what has the form of an answer. */
  readonly answers: Readonly<Record<string, JsonObject | undefined>>;
  readonly capabilities: JsonObject;
  readonly log: (level: 'info', data: string) => Promise<void>;
  /** Nothing, where the client wants to hear of no progress. */
  readonly progress: (progress: number, total: number) => Promise<void>;
  /** Tells every client that a list has changed. */
  readonly changed: (list: 'tools' | 'prompts') => void;
}

/** Questions that come before the result, by their keys. `isSigned`: what is known so far travels with the client. */
export interface SubjectQuestions {
  readonly ask: Readonly<Record<string, JsonObject>>;
  readonly isSigned?: boolean;
}

/** What a request comes to. */
export type SubjectAnswer = SubjectQuestions | { readonly result: JsonObject };

/** Answers one request. @throws SubjectError for a protocol error */
export type SubjectHandler = (call: SubjectCall) => SubjectAnswer | Promise<SubjectAnswer>;

/** A protocol error. */
export class SubjectError extends Error {
  override readonly name = 'SubjectError';
  readonly code: number;
  readonly data: JsonObject | undefined;

  constructor(code: number, message: string, data?: JsonObject) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** A question to the client's user. */
export function form(
  message: string,
  properties: JsonObject,
  required: readonly string[] = Object.keys(properties),
): JsonObject {
  return {
    method: 'elicitation/create',
    params: { mode: 'form', message, requestedSchema: { type: 'object', properties, required: [...required] } },
  };
}

/** A question to the client's model. */
export function sampling(text: string, maxTokens = 100): JsonObject {
  return {
    method: 'sampling/createMessage',
    params: { messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens },
  };
}

/** A question for the client's roots. */
export const ROOTS: JsonObject = { method: 'roots/list', params: {} };

/** A result of one text. */
export function said(text: string): SubjectAnswer {
  return { result: { content: [{ type: 'text', text }] } };
}
