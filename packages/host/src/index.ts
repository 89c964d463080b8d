export type { TokenStore } from '@capstan/http';
export type { Policy, PolicyDecision, PolicyExplanation, PolicyQuestion } from '@capstan/policy';
export { type Actor, APPLICATION_ACTOR } from './administration/actor.ts';
export type {
  ConfigForm,
  ConfigInput,
  ConfigKey,
  ConfigSettingView,
  HostAdministration,
  PlannedChange,
  SettingsPlan,
  WorkspaceOrigin,
  WorkspaceView,
  WrittenConnectionView,
} from './administration/host-administration.ts';
export type { ApprovalDesk, DecideApproval } from './approvals/approval-desk.ts';
export type {
  ActRecord,
  AdministrativeAct,
  AuditRecord,
  AuditSink,
  CallRecord,
  ChainedRecord,
} from './audit/audit-record.ts';
export { type AuditSpoolOptions, openAuditSpool } from './audit/audit-spool.ts';
export { argumentsDigest, hashOfLine, parseLine } from './audit/chain.ts';
export {
  CHAIN_START,
  type ChainPosition,
  chainFolders,
  finishedSegments,
  readChain,
  verifyChainFolder,
} from './audit/read-chain.ts';
export { type ChainFinding, type ChainReport, ChainVerifier } from './audit/verify-chain.ts';
export {
  CONNECTION_TEST_STEPS,
  type ConnectionTestReport,
  type ConnectionTestStep,
} from './connection-test/report.ts';
export type { ContractDesk, ContractDifference } from './contracts/contract-differences.ts';
export { type ContractPins, memoryPins } from './contracts/contract-pins.ts';
export { createHost } from './create-host.ts';
export type {
  AddMcpServerOptions,
  CacheView,
  ClearCacheOptions,
  ConnectionView,
  Host,
  HostEvents,
  InvokeRequest,
  ListToolsQuery,
  LoadMcpToolsOptions,
  McpServerView,
  PackState,
  PackView,
  Page,
  RegisteredToolOptions,
  ToolState,
  ToolView,
} from './host.ts';
export type { EnablementState, EnablementStore, HostOptions } from './host-options.ts';
export { loadHostSettings } from './load-host-settings.ts';
export { inspectPack } from './packs/inspect-pack.ts';
export { allowEnabledTools } from './pipeline/authorize.ts';
export type { CallObservation, CallObserver, ObservedCall } from './pipeline/call-observer.ts';
export { type Interceptor, type Invocation, type Next, PIPELINE, type Stage } from './pipeline/invocation.ts';
export type { SharedLimiters } from './pipeline/rate-limit.ts';
export {
  memoryResultStore,
  newResultId,
  type ResultStore,
  type ResultStoreLimits,
  type ResultToStore,
  type StoredResult,
} from './results/result-store.ts';
export { type HostSettings, type KeySettings, loadSettings } from './settings/host-settings.ts';
export { memoryEnablement } from './state/enablement-keeper.ts';
export type { RuntimeKeeper } from './state/runtime-keeper.ts';
export { type StoreKeeperOptions, storeKeeper } from './state/store-keeper.ts';
export type { Surface } from './surface.ts';
export { CAPSTAN_VERSION } from './version.ts';
export { runIdIn } from './workflows/run-handle.ts';
export type { Runs, StartRun } from './workflows/runs.ts';
