import { type Log, openSharedState, type SharedState } from '@capstan/server';
import type { SettingsReading } from '../read-settings.ts';

/** Where the settings say nothing. */
const DEFAULT_REDIS_TIMEOUT_MS = 100;

/** Opens what replicas share in Redis; undefined where there is no URL of one. */
export async function openShared(
  {
    url,
    settings,
    log,
  }: {
    readonly url: string | undefined;
    readonly settings: SettingsReading['settings'] | undefined;
    readonly log: Log;
  },
  stack: AsyncDisposableStack,
): Promise<SharedState | undefined> {
  if (url === undefined || url === '') return undefined;
  const timeoutMs = settings?.limits.redisTimeoutMs ?? DEFAULT_REDIS_TIMEOUT_MS;
  const shared = await openSharedState({ url, timeoutMs, logger: log.logger });
  stack.defer(() => shared.close());
  return shared;
}
