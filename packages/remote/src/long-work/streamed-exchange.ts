import { type HttpAnswer, type HttpExchange, heardExchange, type ServerEvent, type ServiceClient } from '@capstan/http';
import type { JsonValue, ToolContext, ToolProgress } from '@capstan/sdk';
import { readProgress } from '../envelope.ts';

/** Who hears of progress. */
export type ProgressWatcher = Pick<ToolContext, 'progress' | 'logger'>;

/** Tells a step. What the watcher makes of it is not the call's affair. */
export function tellProgress(watcher: ProgressWatcher, step: ToolProgress): void {
  try {
    watcher.progress(step);
  } catch (cause) {
    watcher.logger.warn('a watcher of progress failed', { cause });
  }
}

/**
 * Makes one exchange for a caller that watches. A service that streams is heard until its `result` or `error` event,
 * whose data is then the answer; one that does not answers as ever. Rejects with an `HttpFailure`.
 */
export function streamedExchange(
  http: ServiceClient,
  exchange: HttpExchange,
  watcher: ProgressWatcher,
): Promise<HttpAnswer> {
  return heardExchange(http, exchange, { hear: (event) => heard(event, watcher), awaitsBody: true });
}

function heard({ name, data }: ServerEvent, watcher: ProgressWatcher): Buffer | undefined {
  if (name === 'result' || name === 'error') return Buffer.from(data);
  const step = name === 'progress' ? readProgress(jsonOf(data)) : undefined;
  if (step !== undefined) tellProgress(watcher, step);
  return undefined;
}

function jsonOf(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    // A step that cannot be read is left out; the next one comes.
    return undefined;
  }
}
