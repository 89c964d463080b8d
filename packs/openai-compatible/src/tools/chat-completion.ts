import { defineTool, type JsonObject, type ToolFactory } from '@capstan/sdk';
import { complete } from '../complete.ts';
import { completionResult } from '../completion.ts';
import { modelApi } from '../model-api.ts';

/** Everything else that it may have goes to the API as it is. */
interface ChatInput {
  readonly messages: readonly JsonObject[];
  readonly model?: string;
}

/** A conversation's next message. */
export const chatCompletion: ToolFactory<ChatInput> = defineTool((services) => {
  const api = modelApi(services);
  return async ({ model = api.defaultModel, ...rest }, context) =>
    completionResult(await complete(api, { model, ...rest }, { context, clock: services.clock }));
});
