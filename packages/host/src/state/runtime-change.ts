import type { JsonObject, JsonValue } from '@capstan/sdk';
import {
  type Authorship,
  EMPTY_WORKSPACE,
  isEmptyWorkspace,
  type RuntimeSettings,
  type RuntimeState,
  type RuntimeWorkspace,
} from './runtime-state.ts';

/** One thing that an operator changes, already checked. */
export type RuntimeChange =
  | { readonly kind: 'make_workspace'; readonly workspace: string; readonly name: string }
  /** With everything that was written in it. */
  | { readonly kind: 'remove_workspace'; readonly workspace: string }
  | {
      readonly kind: 'enable_pack';
      readonly workspace: string;
      readonly pack: string;
      readonly environment: readonly string[];
    }
  | { readonly kind: 'disable_pack'; readonly workspace: string; readonly pack: string }
  | PutConnection
  | { readonly kind: 'remove_connection'; readonly workspace: string; readonly id: string }
  | SetConfig
  | { readonly kind: 'unset_config'; readonly workspace?: string; readonly pack: string; readonly key: string }
  | {
      readonly kind: 'put_mcp_server';
      readonly workspace: string;
      readonly name: string;
      readonly definition: JsonObject;
    }
  | { readonly kind: 'remove_mcp_server'; readonly workspace: string; readonly name: string };

/** Makes a connection, or replaces it whole. */
export interface PutConnection {
  readonly kind: 'put_connection';
  readonly workspace: string;
  readonly id: string;
  readonly definition: JsonObject;
  readonly secrets: ReadonlyMap<string, JsonValue>;
}

/** Sets one key of the system layer; without `workspace` in all of them. */
export interface SetConfig {
  readonly kind: 'set_config';
  readonly workspace?: string;
  readonly pack: string;
  readonly key: string;
  readonly value: JsonValue;
  readonly isSecret: boolean;
}

/** The state after a change; what did not change stays the same object. */
export function afterChange(state: RuntimeState, change: RuntimeChange, author: Authorship): RuntimeState {
  if (change.kind === 'remove_workspace') return { ...state, workspaces: without(state.workspaces, change.workspace) };
  const isConfig = change.kind === 'set_config' || change.kind === 'unset_config';
  if (isConfig && change.workspace === undefined) {
    return { ...state, settings: settingsAfter(state.settings, change, author) };
  }
  return change.workspace === undefined ? state : inWorkspace(state, change.workspace, change, author);
}

function inWorkspace(
  state: RuntimeState,
  id: string,
  change: Exclude<RuntimeChange, { kind: 'remove_workspace' }>,
  author: Authorship,
): RuntimeState {
  const before = state.workspaces.get(id) ?? EMPTY_WORKSPACE;
  const after = workspaceAfter(before, change, author);
  const { workspaces } = state;
  return {
    ...state,
    workspaces: isEmptyWorkspace(after) ? without(workspaces, id) : withEntry(workspaces, id, after),
  };
}

function workspaceAfter(
  workspace: RuntimeWorkspace,
  change: Exclude<RuntimeChange, { kind: 'remove_workspace' }>,
  author: Authorship,
): RuntimeWorkspace {
  const { enablements, connections, mcpServers, settings } = workspace;
  switch (change.kind) {
    case 'make_workspace':
      return { ...workspace, made: { ...author, name: change.name } };
    case 'enable_pack': {
      const { pack, environment } = change;
      return { ...workspace, enablements: withEntry(enablements, pack, { ...author, environment }) };
    }
    case 'disable_pack':
      return { ...workspace, enablements: without(enablements, change.pack) };
    case 'put_connection': {
      const { id, definition, secrets } = change;
      return { ...workspace, connections: withEntry(connections, id, { ...author, definition, secrets }) };
    }
    case 'remove_connection':
      return { ...workspace, connections: without(connections, change.id) };
    case 'put_mcp_server': {
      const { name, definition } = change;
      return { ...workspace, mcpServers: withEntry(mcpServers, name, { ...author, definition }) };
    }
    case 'remove_mcp_server':
      return { ...workspace, mcpServers: without(mcpServers, change.name) };
    case 'set_config':
    case 'unset_config':
      return { ...workspace, settings: settingsAfter(settings, change, author) };
  }
}

function settingsAfter(
  settings: RuntimeSettings,
  change: Extract<RuntimeChange, { kind: 'set_config' | 'unset_config' }>,
  author: Authorship,
): RuntimeSettings {
  const ofPack = settings.get(change.pack) ?? new Map();
  if (change.kind === 'set_config') {
    const { value, isSecret } = change;
    return withEntry(settings, change.pack, withEntry(ofPack, change.key, { ...author, value, isSecret }));
  }
  const rest = without(ofPack, change.key);
  return rest.size === 0 ? without(settings, change.pack) : withEntry(settings, change.pack, rest);
}

function withEntry<Value>(map: ReadonlyMap<string, Value>, key: string, value: Value): ReadonlyMap<string, Value> {
  return new Map(map).set(key, value);
}

function without<Value>(map: ReadonlyMap<string, Value>, key: string): ReadonlyMap<string, Value> {
  if (!map.has(key)) return map;
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}
