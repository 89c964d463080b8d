import { defineTool, type ToolFactory } from '@capstan/sdk';
import { isObject } from '../api-error.ts';
import { modelApi } from '../model-api.ts';

interface ListModelsInput {
  readonly search?: string;
}

/** Models by name. */
export const listModels: ToolFactory<ListModelsInput> = defineTool((services) => {
  const api = modelApi(services);
  return async ({ search = '' }, context) => {
    const answer = await api.get('/models', context);
    const models = (isObject(answer) && Array.isArray(answer.data) ? answer.data : [])
      .filter(isObject)
      .flatMap(({ id, owned_by: owner }) =>
        typeof id === 'string' && id.toLowerCase().includes(search.toLowerCase())
          ? [{ id, ...(typeof owner === 'string' ? { owned_by: owner } : {}) }]
          : [],
      )
      .toSorted((one, other) => (one.id < other.id ? -1 : 1));
    return { models, count: models.length };
  };
});
