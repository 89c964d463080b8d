/**
 * The version under which runs are recorded. A host takes over only what was recorded under its own: raise it when the
 * order in which the interpreter asks its journal changes, never otherwise. Definitions have versions of their own.
 */
export const INTERPRETER_VERSION = 'capstan-workflow-1';
