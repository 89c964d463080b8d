import { defineTool, type ToolFactory } from '@capstan/sdk';
import { complete } from '../complete.ts';
import { completionResult } from '../completion.ts';
import { modelApi } from '../model-api.ts';

interface CompletionInput {
  readonly prompt: string;
  readonly model?: string;
  readonly max_tokens?: number;
  readonly temperature?: number;
}

/** One prompt, with the defaults of the tool that this one stands for. */
export const openaiCompletion: ToolFactory<CompletionInput> = defineTool((services) => {
  const api = modelApi(services);
  return async ({ prompt, model = 'gpt-3.5-turbo', max_tokens = 100, temperature = 0.7 }, context) => {
    const body = { model, messages: [{ role: 'user', content: prompt }], max_tokens, temperature };
    return completionResult(await complete(api, body, { context, clock: services.clock }));
  };
});
