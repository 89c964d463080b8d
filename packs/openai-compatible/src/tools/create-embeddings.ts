import { CapstanError, defineTool, type JsonValue, type ToolFactory } from '@capstan/sdk';
import { isObject } from '../api-error.ts';
import { modelApi } from '../model-api.ts';

interface EmbeddingsInput {
  readonly input: readonly string[];
  readonly model?: string;
  readonly dimensions?: number;
}

/** One vector a text, in their order, whatever order the API answers in. */
export const createEmbeddings: ToolFactory<EmbeddingsInput> = defineTool((services) => {
  const api = modelApi(services);
  return async ({ model = api.embeddingModel, ...rest }, context) => {
    const answer = await api.post('/embeddings', { model, ...rest }, context);
    const embeddings = vectorsOf(answer);
    if (embeddings.length !== rest.input.length) throw noVectors(rest.input.length, embeddings.length);
    const usage = isObject(answer) && isObject(answer.usage) ? answer.usage : null;
    return { embeddings, model: isObject(answer) && typeof answer.model === 'string' ? answer.model : model, usage };
  };
});

function vectorsOf(answer: JsonValue): readonly JsonValue[] {
  const data = isObject(answer) && Array.isArray(answer.data) ? answer.data.filter(isObject) : [];
  return data
    .toSorted((one, other) => Number(one.index) - Number(other.index))
    .flatMap(({ embedding }) => (Array.isArray(embedding) ? [embedding] : []));
}

function noVectors(wanted: number, got: number): CapstanError {
  return new CapstanError('CAPSTAN_REMOTE_INVALID_RESPONSE', `the API answered ${got} vectors for ${wanted} texts`, {
    hint: 'Check that base_url is that of an OpenAI-compatible API, with its version at the end.',
  });
}
