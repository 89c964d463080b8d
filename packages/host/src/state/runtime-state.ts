import type { JsonObject, JsonValue } from '@capstan/sdk';

/** Who wrote something at run time, and when. */
export interface Authorship {
  /** Principal id. */
  readonly by: string;
  /** In ms since the epoch. */
  readonly at: number;
}

/** Everything that operators changed at run time, beside what `capstan.yaml` says. Immutable: a change makes another one. */
export interface RuntimeState {
  /** Grows with every change; 0 before the first. */
  readonly revision: number;
  /** Workspaces that were made at run time, and those of the file in which something was. */
  readonly workspaces: ReadonlyMap<string, RuntimeWorkspace>;
  /** System config that holds in all workspaces. */
  readonly settings: RuntimeSettings;
}

/** What was written for one workspace. */
export interface RuntimeWorkspace {
  /** Absent where the workspace is not of run time. */
  readonly made?: Authorship & { readonly name: string };
  /** By pack code. */
  readonly enablements: ReadonlyMap<string, RuntimeEnablement>;
  /** By id. */
  readonly connections: ReadonlyMap<string, RuntimeConnection>;
  readonly settings: RuntimeSettings;
  /** By name. */
  readonly mcpServers: ReadonlyMap<string, RuntimeMcpServer>;
}

/** System config by pack code and key. */
export type RuntimeSettings = ReadonlyMap<string, ReadonlyMap<string, RuntimeSetting>>;

export interface RuntimeSetting extends Authorship {
  readonly value: JsonValue;
  /** Kept apart, and never looked into for references. */
  readonly isSecret: boolean;
}

export interface RuntimeEnablement extends Authorship {
  /** Variables that were shown to the operator, and which the pack may read since. */
  readonly environment: readonly string[];
}

export interface RuntimeConnection extends Authorship {
  /** In the words of `capstan.yaml`, without its secrets. */
  readonly definition: JsonObject;
  /** By JSON pointer into the definition. */
  readonly secrets: ReadonlyMap<string, JsonValue>;
}

export interface RuntimeMcpServer extends Authorship {
  /** As under `mcp_servers` of a manifest, secrets and all. */
  readonly definition: JsonObject;
}

const NO_SETTINGS: RuntimeSettings = new Map();

export const EMPTY_STATE: RuntimeState = Object.freeze({ revision: 0, workspaces: new Map(), settings: NO_SETTINGS });

export const EMPTY_WORKSPACE: RuntimeWorkspace = Object.freeze({
  enablements: new Map(),
  connections: new Map(),
  settings: NO_SETTINGS,
  mcpServers: new Map(),
});

/** Whether nothing was written for a workspace any more. */
export function isEmptyWorkspace({ made, enablements, connections, settings, mcpServers }: RuntimeWorkspace): boolean {
  const size = enablements.size + connections.size + settings.size + mcpServers.size;
  return made === undefined && size === 0;
}
