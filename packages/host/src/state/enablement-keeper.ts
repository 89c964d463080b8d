import { CapstanError, type JsonObject } from '@capstan/sdk';
import type { EnablementState, EnablementStore } from '../host-options.ts';
import { memoryKeeper } from './memory-keeper.ts';
import type { ExposedNames, KeptState, RuntimeKeeper } from './runtime-keeper.ts';
import { type Authorship, EMPTY_WORKSPACE, type RuntimeState, type RuntimeWorkspace } from './runtime-state.ts';

/** Nobody wrote down who it was. */
const UNKNOWN: Authorship = Object.freeze({ by: 'system:unknown', at: 0 });

/** Over a store that keeps no more than packs, MCP servers and names; anything else is refused. */
export function enablementKeeper(store: EnablementStore): RuntimeKeeper {
  const saved = store.load();
  return memoryKeeper({
    kept: { state: stateOf(saved), names: new Map(Object.entries(saved.names ?? {})) },
    save: (kept) => store.save(enablementOf(kept)),
  });
}

/** Keeps enablement for as long as the process lives. */
export function memoryEnablement(): EnablementStore {
  let state: EnablementState = { workspaces: {} };
  return {
    load: () => state,
    save(next) {
      state = next;
    },
  };
}

/** What an enablement store holds, as a state. */
function stateOf({ workspaces, mcpServers = {} }: EnablementState): RuntimeState {
  const ids = new Set([...Object.keys(workspaces), ...Object.keys(mcpServers)]);
  const ofWorkspace = (id: string): RuntimeWorkspace => ({
    ...EMPTY_WORKSPACE,
    enablements: new Map(
      Object.entries(own(workspaces, id)).map(([pack, { environment }]) => [pack, { ...UNKNOWN, environment }]),
    ),
    mcpServers: new Map(
      Object.entries(own(mcpServers, id)).map(([name, definition]) => [name, { ...UNKNOWN, definition }]),
    ),
  });
  return { revision: 0, workspaces: new Map([...ids].map((id) => [id, ofWorkspace(id)])), settings: new Map() };
}

function own<Value>(
  record: Readonly<Record<string, Readonly<Record<string, Value>>>>,
  id: string,
): Readonly<Record<string, Value>> {
  return Object.hasOwn(record, id) ? (record[id] ?? {}) : {};
}

function enablementOf({ state, names }: KeptState): EnablementState {
  const kept = [...state.workspaces];
  const isMore = kept.some(([, { made, connections, settings }]) => made || connections.size + settings.size > 0);
  if (isMore || state.settings.size > 0) throw notKeptHere();
  const servers = kept.filter(([, { mcpServers }]) => mcpServers.size > 0);
  return {
    workspaces: Object.fromEntries(
      kept.map(([id, { enablements }]) => [
        id,
        Object.fromEntries([...enablements].map(([pack, { environment }]) => [pack, { environment }])),
      ]),
    ),
    ...(servers.length === 0
      ? {}
      : { mcpServers: Object.fromEntries(servers.map(([id, { mcpServers }]) => [id, definitions(mcpServers)])) }),
    ...(names.size === 0 ? {} : { names: Object.fromEntries<ExposedNames>(names) }),
  };
}

function definitions(servers: RuntimeWorkspace['mcpServers']): Readonly<Record<string, JsonObject>> {
  return Object.fromEntries([...servers].map(([name, { definition }]) => [name, definition]));
}

function notKeptHere(): CapstanError {
  return new CapstanError('CAPSTAN_CONFLICT', 'only a running server keeps workspaces, connections and config', {
    hint: 'Start it with "capstan start" and repeat the change, or write it into capstan.yaml.',
  });
}
