import { CapstanError, type JsonObject, type JsonValue } from '@capstan/sdk';
import { isObject } from './api-error.ts';

/** What a model said. */
export interface Completion {
  /** Null where it asks for functions only. */
  readonly completion: string | null;
  readonly toolCalls: readonly JsonObject[];
  readonly finishReason: string | null;
  readonly usage: JsonObject | null;
  readonly model: string;
}

/** Reads a whole `chat.completion`. @throws CapstanError CAPSTAN_REMOTE_INVALID_RESPONSE where it is none. */
export function readCompletion(answer: JsonValue): Completion {
  const choice = isObject(answer) && Array.isArray(answer.choices) ? answer.choices[0] : undefined;
  if (!isObject(answer) || !isObject(choice) || !isObject(choice.message)) throw noCompletion();
  const { content, tool_calls: toolCalls } = choice.message;
  return {
    completion: typeof content === 'string' ? content : null,
    toolCalls: Array.isArray(toolCalls) ? toolCalls.filter(isObject) : [],
    finishReason: textOrNull(choice.finish_reason),
    usage: isObject(answer.usage) ? answer.usage : null,
    model: typeof answer.model === 'string' ? answer.model : '',
  };
}

/** The result of a tool. */
export function completionResult({ completion, toolCalls, finishReason, usage, model }: Completion): JsonObject {
  return {
    completion,
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
    finish_reason: finishReason,
    usage,
    model,
  };
}

/** The error of an answer that is no completion. */
export function noCompletion(): CapstanError {
  return new CapstanError('CAPSTAN_REMOTE_INVALID_RESPONSE', 'the API answered, but with no completion', {
    hint: 'Check that base_url is that of an OpenAI-compatible API, with its version at the end.',
  });
}

/** A text, or null. */
export function textOrNull(value: JsonValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
