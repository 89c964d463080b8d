import type { JsonObject, JsonValue } from '@capstan/sdk';
import { isObject } from './message.ts';

/** The extension by which a call may be answered with a task (SEP-2663). */
export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

/** Whether capabilities, a client's or a server's, have it. */
export function hasTasks(capabilities: { readonly extensions?: unknown } | undefined): boolean {
  const extensions = capabilities?.extensions as JsonValue | undefined;
  return isObject(extensions) && TASKS_EXTENSION in extensions;
}

/** Capabilities with it. */
export function withTasks(capabilities: JsonObject): JsonObject {
  const { extensions } = capabilities;
  return { ...capabilities, extensions: { ...(isObject(extensions) ? extensions : {}), [TASKS_EXTENSION]: {} } };
}
