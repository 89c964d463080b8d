export {
  APPROVAL_STATES,
  type ApprovalBinding,
  type ApprovalDecision,
  type ApprovalState,
  type ApprovalStateKind,
  type StoredApproval,
} from './approvals/approval.ts';
export type { ApprovalFilter, ApprovalStore, ApprovalUse, DecideResult } from './approvals/approval-store.ts';
export type { AuditEntry } from './audit/audit-entry.ts';
export type { AuditChain, AuditFilter, AuditStore } from './audit/audit-store.ts';
export type { Collection, WritableCollection } from './collection.ts';
export type { CollectionName, Collections, EntityOf, KeyOf, StoredState, WritableCollections } from './collections.ts';
export type { StoredKey } from './entities/api-key.ts';
export { connectionSecretName, type StoredConnection } from './entities/connection.ts';
export type { StoredEnablement } from './entities/enablement.ts';
export type { StoredName } from './entities/exposed-name.ts';
export { mcpServerSecretName, type StoredMcpServer } from './entities/mcp-server.ts';
export type { StoredMember } from './entities/member.ts';
export type { StoredPolicy } from './entities/policy.ts';
export type { StoredDataKey, StoredSecret, StoredSecretValue } from './entities/secret.ts';
export { type SettingValue, type StoredSetting, settingSecretName } from './entities/system-setting.ts';
export type { StoredTenant } from './entities/tenant.ts';
export type { StoredToolPin } from './entities/tool-pin.ts';
export type { StoredWorkspace } from './entities/workspace.ts';
export type { KeyDirectory } from './key-directory.ts';
export { createMemoryStore, type MemoryStoreOptions } from './memory/memory-store.ts';
export { type IdPrefix, newId } from './new-id.ts';
export { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, type Page, type PageRequest } from './page.ts';
export type {
  Changed,
  ChangeOptions,
  ClaimedNames,
  Store,
  StoreChange,
  StoreReader,
  StoreWriter,
} from './store.ts';
export { createVault, type VaultOptions } from './vault/create-vault.ts';
export { type MasterKey, type MasterKeys, readMasterKeys } from './vault/master-key.ts';
export type { SecretProvider } from './vault/secret-provider.ts';
export type { SecretAuthor, SecretPlace, SecretVault, SecretView } from './vault/secret-vault.ts';
