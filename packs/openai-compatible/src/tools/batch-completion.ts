import { CapstanError, defineTool, type ToolContext, type ToolFactory } from '@capstan/sdk';
import { complete } from '../complete.ts';
import { type BatchQuestion, CompletionBatch } from '../completion-batch.ts';
import { modelApi } from '../model-api.ts';

interface BatchInput {
  readonly items: readonly { readonly id?: string; readonly prompt: string }[];
  readonly system?: string;
  readonly model?: string;
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly concurrency?: number;
}

const DEFAULT_CONCURRENCY = 4;
/** What is not done this long before the deadline is left to the next call, so that what is done arrives. */
const DEADLINE_MARGIN_MS = 5_000;

/** Many prompts. When the time runs out it answers with what it has, and says what is left. */
export const batchCompletion: ToolFactory<BatchInput> = defineTool((services) => {
  const api = modelApi(services);
  const { clock } = services;
  return async (input, context) => {
    const questions = questionsOf(input, input.model ?? api.defaultModel);
    const timeUp = new AbortController();
    const timer = setTimeout(() => timeUp.abort(), Math.max(0, context.deadline - clock.now() - DEADLINE_MARGIN_MS));
    const signal = AbortSignal.any([context.signal, timeUp.signal]);
    const inner = contextOfItem(context, signal);
    const batch = new CompletionBatch({
      questions,
      ask: (body) => complete(api, body, { context: inner, clock }),
      signal,
      onResult: (done) =>
        context.progress({ progress: done, total: questions.length, message: `${done} of ${questions.length}` }),
    });
    try {
      await batch.run(input.concurrency ?? DEFAULT_CONCURRENCY);
    } finally {
      clearTimeout(timer);
    }
    context.signal.throwIfAborted();
    return batch.summary();
  };
});

/** @throws CapstanError CAPSTAN_INVALID_ARGUMENTS where two items have one id. */
function questionsOf(input: BatchInput, model: string): readonly BatchQuestion[] {
  const { items, system, max_tokens, temperature } = input;
  const instruction = system === undefined ? [] : [{ role: 'system', content: system }];
  const options = {
    ...(max_tokens === undefined ? {} : { max_tokens }),
    ...(temperature === undefined ? {} : { temperature }),
  };
  const questions = items.map(({ id, prompt }, index) => ({
    id: id ?? String(index),
    body: { model, messages: [...instruction, { role: 'user', content: prompt }], ...options },
  }));
  const seen = new Set<string>();
  for (const { id } of questions) {
    if (seen.has(id)) throw twice(id);
    seen.add(id);
  }
  return questions;
}

function twice(id: string): CapstanError {
  return new CapstanError('CAPSTAN_INVALID_ARGUMENTS', `two items have the id ${JSON.stringify(id)}`, {
    hint: 'Give each item an id of its own, or none at all.',
  });
}

/** Progress is told of the batch, not of each text in it; and the fields of a context may be accessors, so no spread. */
function contextOfItem(context: ToolContext, signal: AbortSignal): ToolContext {
  const { executionId, principal, tenantId, workspaceId, deadline, idempotencyKey, logger, extra } = context;
  return {
    executionId,
    principal,
    tenantId,
    workspaceId,
    signal,
    deadline,
    idempotencyKey,
    logger,
    extra,
    progress: () => {},
    wantsProgress: false,
    elicit: (request) => context.elicit(request),
  };
}
