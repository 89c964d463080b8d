import type { OutgoingTracing, TokenStore } from '@capstan/http';
import type { SecondLevel } from '@capstan/limits';
import type { Policy } from '@capstan/policy';
import type { Clock, JsonObject, Logger } from '@capstan/sdk';
import type { ApprovalStore } from '@capstan/store';
import type { WorkflowEngine } from '@capstan/workflow';
import type { AuditSink } from './audit/audit-record.ts';
import type { ContractPins } from './contracts/contract-pins.ts';
import type { CallObserver } from './pipeline/call-observer.ts';
import type { Interceptor } from './pipeline/invocation.ts';
import type { SharedLimiters } from './pipeline/rate-limit.ts';
import type { ResultStore } from './results/result-store.ts';
import type { HostSettings } from './settings/host-settings.ts';
import type { RuntimeKeeper } from './state/runtime-keeper.ts';

/** Where enablement that an operator changed at run time is kept. */
export interface EnablementStore {
  load(): EnablementState;
  /** Durable when it returns. */
  save(state: EnablementState): void;
}

/** Packs enabled at run time, beside what `capstan.yaml` says. */
export interface EnablementState {
  readonly workspaces: Readonly<Record<string, Readonly<Record<string, { readonly environment: readonly string[] }>>>>;
  /** MCP servers added at run time, as they were written: by workspace and name. */
  readonly mcpServers?: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;
  /** The exposed names that were given, by workspace and tool id: a name stays, whoever comes later. */
  readonly names?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What {@link createHost} takes. Everything has a default. */
export interface HostOptions {
  /** Folders or globs that hold packs, beside those that the settings name. Enabled in every workspace of the settings when there is no `config`. */
  readonly packs?: readonly string[];
  /** Path of `capstan.yaml`, or settings that were loaded. */
  readonly config?: string | HostSettings;
  /** What globs and npm packages are relative to. Default: the folder of `config`, else the current one. */
  readonly cwd?: string;
  /** What `env_var` and references may read. Default: the process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly logger?: Logger;
  readonly audit?: AuditSink;
  /** Limits that several replicas share. Default: this host counts for itself, in memory. */
  readonly limiters?: SharedLimiters;
  /** Results that several replicas share, behind the memory of this one. */
  readonly cacheLevel?: SecondLevel;
  /** Where large results are kept. Default: in memory. `inline`: nowhere, they go out whole. */
  readonly results?: ResultStore | 'inline';
  /** Keeps packs, MCP servers and names that were changed at run time; anything else is refused then. */
  readonly enablement?: EnablementStore;
  /** Keeps everything that operators change at run time. Default: in memory. */
  readonly keeper?: RuntimeKeeper;
  /** Where the grants of users' own accounts are kept. Default: in memory. */
  readonly tokens?: TokenStore;
  /** Runs workflows. Default: in memory, so that runs end with the process. The host opens and closes it. */
  readonly workflows?: WorkflowEngine;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** More services that tool factories may ask for by name, each a factory or a value. */
  readonly services?: Readonly<Record<string, unknown>>;
  /** Decides who may call what. Default: whoever has a role that calls may call what is enabled. */
  readonly policy?: Policy;
  /** Keeps calls that wait for an operator. Default: in memory. */
  readonly approvals?: ApprovalStore;
  /** Keeps the definitions of tools that were accepted. Default: in memory. */
  readonly pins?: ContractPins;
  /** Stages that take the place of the host's own: `approve` and `cache`. */
  readonly stages?: readonly Interceptor[];
  /** Hears of every call, for metrics and traces. */
  readonly observer?: CallObserver;
  /** Makes spans of requests that calls send out. */
  readonly outgoingTracing?: OutgoingTracing;
  /** Sees each outgoing request, redacted (`--debug`). */
  readonly onOutgoingRequest?: (request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly bodyBytes: number;
  }) => void;
}
