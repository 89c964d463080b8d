export type { Log, LogOptions } from '@capstan/telemetry';
export { type ApprovalWebhookOptions, startApprovalWebhook } from './approvals/approval-webhook.ts';
export { type AuditLog, createAuditLog, type VerifiedChain } from './audit/audit-log.ts';
export { entryOfLine } from './audit/entry-of-line.ts';
export { folderAuditLog } from './audit/folder-audit-log.ts';
export { type AuditOptions, openAudit, type ServerAudit } from './audit/open-audit.ts';
export { type SecurityReport, securityReport } from './audit/security-report.ts';
export { bootstrapServerKeys } from './auth/bootstrap-server-keys.ts';
export { type OpenAuthOptions, type OpenedAuth, openAuth } from './auth/open-auth.ts';
export type { AuthOptions, ServerKey } from './auth/server-auth.ts';
export { isServerProof } from './auth/server-proof.ts';
export { storeKeys } from './auth/store-keys.ts';
export type { BootstrapKeys } from './data-folder/bootstrap-keys.ts';
export {
  AUDIT_FOLDER,
  type DataFolder,
  type DataFolderOptions,
  openDataFolder,
  SERVER_CHAIN,
} from './data-folder/data-folder.ts';
export { claimGuestChain } from './data-folder/guest-chain.ts';
export { readServerFile, type ServerAddress } from './data-folder/server-file.ts';
export { folderTokens } from './data-folder/token-file.ts';
export { createHostGateway } from './mcp/host-gateway.ts';
export { type McpHandlerOptions, mcpHandler } from './mcp/mcp-handler.ts';
export { type OpenPolicyOptions, openPolicy, policySources } from './policy/open-policy.ts';
export { auditFilterOf } from './rest/audit-routes.ts';
export { cacheJson } from './rest/cache-routes.ts';
export type { SettingsFile } from './rest/settings-routes.ts';
export type { WireOutcome } from './rest/wire-outcome.ts';
export { isoTime, originOf } from './rest/wire-views.ts';
export { type CapstanServer, createServer, type RoutedPath, type ServerOptions } from './server.ts';
export { createLog } from './server-log.ts';
export { openSharedState, type SharedState, type SharedStateOptions } from './shared-state/shared-state.ts';
export { type RunningServer, type StartServerOptions, startServer } from './start-server.ts';
export { type ImportOptions, importEnablement } from './state/import-enablement.ts';
export { type DatabaseDescription, openState, type ServerState, type StateOptions } from './state/open-state.ts';
export { storePins } from './state/store-pins.ts';
export { type VaultTokensOptions, vaultTokens } from './state/vault-tokens.ts';
export { type OpenedTelemetry, type OpenTelemetryOptions, openTelemetry } from './telemetry/open-telemetry.ts';
export type { ServerTelemetry, ToolDurations, ToolTelemetry } from './telemetry/telemetry-route.ts';
