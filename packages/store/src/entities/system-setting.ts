import type { JsonValue } from '@capstan/sdk';

/** One key of the system layer of a pack's config, set at run time. */
export interface StoredSetting {
  /** Pack code. */
  readonly pack: string;
  /** A config key of the pack. */
  readonly key: string;
  /** Where it holds; absent: in all workspaces of the host. */
  readonly workspace?: string;
  readonly value: SettingValue;
  readonly setAt: number;
  readonly setBy: string;
}

/** A secret's value stands in the vault, under {@link settingSecretName}. */
export type SettingValue = { readonly kind: 'plain'; readonly value: JsonValue } | { readonly kind: 'secret' };

/** The name in the vault of a secret setting. */
export function settingSecretName({ pack, key }: Pick<StoredSetting, 'pack' | 'key'>): string {
  return `config/${pack}/${key}`;
}
