import type { Clock, JsonObject, ToolContext } from '@capstan/sdk';
import { type Completion, readCompletion } from './completion.ts';
import type { ModelApi } from './model-api.ts';
import { StreamedCompletion } from './streamed-completion.ts';

const PATH = '/chat/completions';

/** Asks a model once: streamed where somebody watches, else whole. */
export async function complete(
  api: ModelApi,
  body: JsonObject,
  { context, clock }: { readonly context: ToolContext; readonly clock: Clock },
): Promise<Completion> {
  if (context.wantsProgress !== true) return readCompletion(await api.post(PATH, body, context));
  const streamed = new StreamedCompletion(context, () => clock.now());
  const response = await api.postStreamed(
    PATH,
    { ...body, stream: true, stream_options: { include_usage: true } },
    { context, onEvent: (event) => streamed.hear(event) },
  );
  return response.text === '' ? streamed.completion() : readCompletion(response.json());
}
