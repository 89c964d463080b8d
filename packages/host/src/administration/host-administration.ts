import type { JsonObject, JsonValue } from '@capstan/sdk';
import type { HostSettings } from '../settings/host-settings.ts';
import type { Actor } from './actor.ts';

/** A workspace as an operator sees it. */
export interface WorkspaceView {
  readonly id: string;
  readonly name: string;
  readonly origin: WorkspaceOrigin;
  /** Codes of the packs that are enabled in it. */
  readonly packs: readonly string[];
  /** Ids of the connections that were declared or written. */
  readonly connections: readonly string[];
  /** Keys of system config that were set for it at run time. */
  readonly settingCount: number;
  readonly mcpServers: readonly string[];
}

/** Who declared a workspace. */
export type WorkspaceOrigin =
  | { readonly kind: 'file'; readonly path: string; readonly line: number; readonly column: number }
  | { readonly kind: 'runtime'; readonly by: string; readonly at: number };

/** A connection as its writer sees it again: everything but its secrets. */
export interface WrittenConnectionView {
  readonly id: string;
  readonly workspace: string;
  /** In the words of `capstan.yaml`. */
  readonly definition: JsonObject;
  /** JSON pointers into the definition, where a secret is kept. */
  readonly secrets: readonly string[];
  readonly setBy: string;
  /** In ms since the epoch. */
  readonly setAt: number;
}

/** One key of a pack's system config. */
export interface ConfigKey {
  readonly pack: string;
  readonly key: string;
  /** Absent: in all workspaces of the host. */
  readonly workspace?: string;
}

/** What a key is set to. A secret is taken as it is, and never for a reference. */
export type ConfigInput =
  | { readonly kind: 'value'; readonly value: JsonValue }
  | { readonly kind: 'secret'; readonly value: string };

/** One difference between a settings file and what runs. */
export interface PlannedChange {
  readonly kind: 'add' | 'remove' | 'change';
  /** In the words of the file; an entry of a list by its id or name: `workspaces.support.connections.main.name`. */
  readonly path: string;
  /** As they may be seen: secrets are masked. */
  readonly before?: JsonValue;
  readonly after?: JsonValue;
  /** What becomes of what was written at run time. */
  readonly note?: string;
}

/** The differences between a settings file and what runs. */
export interface SettingsPlan {
  readonly changes: readonly PlannedChange[];
  /** What holds from the start of the host: it counts from the next one. */
  readonly restart: readonly PlannedChange[];
}

/** What a form for a pack's config is made of. */
export interface ConfigForm {
  /** JSON Schema 2020-12. */
  readonly schema: JsonObject;
  /** In the keys of react-jsonschema-form. */
  readonly uiSchema: JsonObject;
}

/** One key that was set at run time. */
export interface ConfigSettingView extends ConfigKey {
  /** Absent for a secret. */
  readonly value?: JsonValue;
  readonly isSecret: boolean;
  readonly setBy: string;
  /** In ms since the epoch. */
  readonly setAt: number;
}

/**
 * What operators change while a host runs, beside packs and MCP servers. A change is checked as a whole, made durable, then
 * put in force: when its promise resolves it holds, and when it rejects nothing of it does. What `capstan.yaml` declares is
 * refused with CAPSTAN_CONFLICT and its place.
 */
export interface HostAdministration {
  /** Of the last change that is in force here; 0 before the first. */
  readonly revision: number;
  /** Takes over what other replicas changed, without waiting to hear of it. */
  refresh(): Promise<void>;
  readonly workspaces: {
    list(): readonly WorkspaceView[];
    /** One of them, with what would go with it. @throws CapstanError CAPSTAN_WORKSPACE_NOT_FOUND */
    view(id: string): WorkspaceView;
    /** @throws CapstanError CAPSTAN_INVALID_REQUEST for what is no id, CAPSTAN_CONFLICT where there is one */
    make(input: { readonly id: string; readonly name?: string }, actor: Actor): Promise<WorkspaceView>;
    /** Deletes a workspace with everything in it. @throws CapstanError CAPSTAN_CONFLICT for one of the file */
    remove(id: string, actor: Actor): Promise<WorkspaceView>;
  };
  readonly connections: {
    /** All that were written at run time in a workspace. */
    list(workspace: string): readonly WrittenConnectionView[];
    /** One that was written at run time. @throws CapstanError CAPSTAN_CONNECTION_NOT_FOUND, CAPSTAN_CONFLICT for one of the file */
    written(workspace: string, idOrName: string): WrittenConnectionView;
    /**
     * @param definition In the words of a connection of `capstan.yaml`; without `id` it gets one. Secrets are kept apart.
     * @throws CapstanError CAPSTAN_INVALID_REQUEST with every problem, CAPSTAN_CONFLICT, CAPSTAN_WORKSPACE_NOT_FOUND
     */
    create(workspace: string, definition: JsonObject, actor: Actor): Promise<WrittenConnectionView>;
    /**
     * @param patch A JSON Merge Patch (RFC 7396); what it does not name stays, secrets too. With another `auth.type` the
     * whole `auth` is the patch's.
     * @throws CapstanError CAPSTAN_INVALID_REQUEST with every problem, CAPSTAN_CONFLICT, CAPSTAN_CONNECTION_NOT_FOUND
     */
    change(workspace: string, idOrName: string, patch: JsonObject, actor: Actor): Promise<WrittenConnectionView>;
    /** @throws CapstanError CAPSTAN_CONFLICT for one of the file, CAPSTAN_CONNECTION_NOT_FOUND */
    remove(workspace: string, idOrName: string, actor: Actor): Promise<{ readonly id: string }>;
  };
  readonly settings: {
    /** What would change with another state of `capstan.yaml`; secrets are masked. */
    plan(next: HostSettings): SettingsPlan;
    /** Makes the difference; what needs a restart waits for one. @returns what was changed */
    apply(next: HostSettings, actor: Actor): Promise<SettingsPlan>;
  };
  readonly config: {
    /** The schema of a pack's config, and hints for a form over it. @throws CapstanError CAPSTAN_PACK_NOT_FOUND, or why it was rejected */
    form(pack: string): ConfigForm;
    /** What was set at run time: for a workspace what holds there, else what holds in all. */
    list(workspace?: string): readonly ConfigSettingView[];
    /** @throws CapstanError CAPSTAN_INVALID_REQUEST with every problem, CAPSTAN_CONFLICT where the file sets the key */
    set(target: ConfigKey, input: ConfigInput, actor: Actor): Promise<ConfigSettingView>;
    /** @throws CapstanError CAPSTAN_NOT_FOUND where nobody set it at run time, CAPSTAN_CONFLICT where the file does */
    unset(target: ConfigKey, actor: Actor): Promise<void>;
  };
}
