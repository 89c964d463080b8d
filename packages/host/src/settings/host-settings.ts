import type { SettingsLoading, SettingsSource } from './settings-model.ts';

export type {
  CallDefaults,
  ConnectionAuthSettings,
  ConnectionSettings,
  HostSettings,
  KeySettings,
  LogLevel,
  PackOrigin,
  PackSettings,
  RateLimitSettings,
  SettingsLoading,
  SettingsSource,
  WorkspaceSettings,
} from './settings-model.ts';
export { LOG_LEVELS } from './settings-model.ts';

/** Reads `capstan.yaml`. Never throws: what is wrong is a located diagnostic, all of them at once. */
export function loadSettings(_source: SettingsSource): SettingsLoading {
  throw new Error('being written');
}
