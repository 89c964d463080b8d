import { CapstanError, isToolResult, type JsonObject, type JsonValue, type ToolResult } from '@capstan/sdk';
import type { AnswerExpression, AnswerVariables } from '../answer-expression.ts';
import type { ErrorRule, HttpBackend } from '../backend/http-backend.ts';
import { type AnswerContent, plainHeaders, readableBody, readContent } from './answer-content.ts';
import { answerError, foreignText, isAboutStatus, isSuccess } from './answer-error.ts';
import { binaryResult } from './binary-result.ts';
import type { SentAnswer } from './send.ts';

/** One answer, and what it answers. */
export interface AnswerCircumstances {
  readonly sent: SentAnswer;
  readonly backend: HttpBackend;
  readonly input: JsonObject;
  /** Origin and path. */
  readonly uri: string;
  readonly now: number;
}

/**
 * What an answer gives: its content, or what an error rule puts in its place.
 * @throws CapstanError where it is an error.
 */
export function readAnswer(circumstances: AnswerCircumstances): JsonValue | ToolResult {
  const { sent, backend, input } = circumstances;
  const ruled = applyRules(circumstances);
  if (ruled !== undefined) return ruled;
  if (!isSuccess(sent.answer.status)) throw answerError(sent, {}, circumstances.now);
  if (backend.method === 'HEAD') {
    return { status: sent.answer.status, headers: plainHeaders(sent.answer) };
  }
  const content = readContent(sent.answer, backend.response.as);
  if (content.kind === 'binary') return bytes(content.mimeType, circumstances);
  return pick(backend.response.pick, { ...variablesOf(sent, input), body: contentValue(content) });
}

/** The result of a call from the content of its answers. */
export function pick(expression: AnswerExpression | undefined, variables: AnswerVariables): JsonValue {
  return expression === undefined ? variables.body : evaluate(expression, variables);
}

/** @throws CapstanError where the answer does not have what the expression speaks of. */
export function evaluate(expression: AnswerExpression, variables: AnswerVariables): JsonValue {
  try {
    return expression.evaluate(variables);
  } catch (cause) {
    const reason = cause instanceof Error ? foreignText(cause.message, 300) : 'it failed';
    throw new CapstanError(
      'CAPSTAN_REMOTE_INVALID_RESPONSE',
      `The answer of the service does not fit the expression "${expression.source.slice(0, 200)}": ${reason}.`,
      {
        cause,
        hint: 'Compare the expression of the tool with an answer of the service; optional keys are written body.?key.',
        details: { remote_status: variables.status },
      },
    );
  }
}

/** The variables of an expression, the body as far as it can be read. */
export function variablesOf({ answer }: SentAnswer, input: JsonObject): AnswerVariables {
  return { body: readableBody(answer), status: answer.status, headers: plainHeaders(answer), input };
}

function applyRules({ sent, backend, input, now }: AnswerCircumstances): JsonValue | undefined {
  const rules = backend.errors.filter((rule) => isAboutStatus(rule, sent.answer.status));
  if (rules.length === 0) return undefined;
  const variables = variablesOf(sent, input);
  const rule = rules.find(({ when }) => when === undefined || evaluate(when, variables) === true);
  if (!rule) return undefined;
  if (rule.result) return evaluate(rule.result, variables);
  const code = rule.code ?? (isSuccess(sent.answer.status) ? 'CAPSTAN_REMOTE_REFUSED' : undefined);
  throw answerError(sent, { ...rule, code, message: messageOf(rule, variables) }, now);
}

/** An error whose text cannot be made is still the error. */
function messageOf({ message }: ErrorRule, variables: AnswerVariables): string | undefined {
  if (message === undefined) return undefined;
  try {
    const text = message.evaluate(variables);
    return typeof text === 'string' ? text : JSON.stringify(text);
  } catch {
    return undefined;
  }
}

function bytes(mimeType: string, { sent, backend, uri }: AnswerCircumstances): ToolResult {
  const { as, maxBytes } = backend.response;
  return binaryResult({ answer: sent.answer, mimeType, uri, ...(as === 'binary' ? { maxBytes } : {}) });
}

function contentValue(content: Exclude<AnswerContent, { kind: 'binary' }>): JsonValue {
  switch (content.kind) {
    case 'json':
      return content.value;
    case 'text':
      return content.text;
    case 'empty':
      return null;
  }
}

/** The JSON of a result, for what can only be done with JSON. @throws CapstanError for bytes. */
export function jsonOf(result: JsonValue | ToolResult): JsonValue {
  if (!isToolResult(result)) return result;
  throw new CapstanError(
    'CAPSTAN_REMOTE_INVALID_RESPONSE',
    'The service answered bytes where a page of items was expected.',
  );
}
