export { createDurableEngine, type DurableEngineOptions } from './durable-engine.ts';
export { INTERPRETER_VERSION } from './interpreter-version.ts';
