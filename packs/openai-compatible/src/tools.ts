export { batchCompletion } from './tools/batch-completion.ts';
export { chatCompletion } from './tools/chat-completion.ts';
export { createEmbeddings } from './tools/create-embeddings.ts';
export { listModels } from './tools/list-models.ts';
export { openaiCompletion } from './tools/openai-completion.ts';
