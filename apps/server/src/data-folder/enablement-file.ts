import { existsSync, readFileSync } from 'node:fs';
import type { EnablementState, EnablementStore } from '@capstan/host';
import { CapstanError, type JsonObject, type JsonValue } from '@capstan/sdk';
import { writeFileAtomically } from './atomic-file.ts';

const NOTHING: EnablementState = { workspaces: {} };

/** Keeps what an operator enabled at run time in a JSON file, durable when `save` returns. */
export function enablementFile(path: string): EnablementStore {
  return {
    load: () => (existsSync(path) ? readState(path) : NOTHING),
    save: (state) => writeFileAtomically(path, `${JSON.stringify(toFile(state), undefined, 2)}\n`),
  };
}

/** The file's own words are snake_case. */
function toFile({ workspaces, mcpServers, names }: EnablementState): object {
  return {
    version: 1,
    workspaces,
    ...(mcpServers === undefined ? {} : { mcp_servers: mcpServers }),
    ...(names === undefined ? {} : { names }),
  };
}

function readState(path: string): EnablementState {
  const state = parseState(readFileSync(path, 'utf8'));
  if (state) return state;
  throw new CapstanError('CAPSTAN_CONFIG_INVALID', `${path} does not hold the packs enabled at run time`, {
    hint: 'Restore the file, or delete it and enable those packs again.',
  });
}

function parseState(text: string): EnablementState | undefined {
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch {
    // Reported by the caller, with the path.
    return undefined;
  }
  const workspaces = isObject(value) ? value.workspaces : undefined;
  if (!isObject(workspaces)) return undefined;
  const read = Object.entries(workspaces).map(([workspace, packs]) => [workspace, readPacks(packs)] as const);
  if (read.some(([, packs]) => packs === undefined)) return undefined;
  const mcpServers = readServers(isObject(value) ? value.mcp_servers : undefined);
  const names = readNames(isObject(value) ? value.names : undefined);
  return {
    workspaces: Object.fromEntries(read.map(([workspace, packs]) => [workspace, packs ?? {}])),
    ...(mcpServers === undefined ? {} : { mcpServers }),
    ...(names === undefined ? {} : { names }),
  };
}

/** What each server is stands in its own words, and is read where it is connected. */
function readServers(value: JsonValue | undefined): EnablementState['mcpServers'] | undefined {
  if (!isObject(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value).map(([workspace, servers]) => [
      workspace,
      Object.fromEntries(
        Object.entries(isObject(servers) ? servers : {}).filter((entry): entry is [string, JsonObject] =>
          isObject(entry[1]),
        ),
      ),
    ]),
  );
}

const EXPOSED_NAME = /^[\w-]{1,45}$/;

/** What is no name is given anew. */
function readNames(value: JsonValue | undefined): EnablementState['names'] | undefined {
  if (!isObject(value)) return undefined;
  const isName = (entry: [string, JsonValue]): entry is [string, string] =>
    typeof entry[1] === 'string' && EXPOSED_NAME.test(entry[1]);
  return Object.fromEntries(
    Object.entries(value).map(([workspace, names]) => [
      workspace,
      Object.fromEntries(Object.entries(isObject(names) ? names : {}).filter(isName)),
    ]),
  );
}

function readPacks(value: JsonValue | undefined): EnablementState['workspaces'][string] | undefined {
  if (!isObject(value)) return undefined;
  const packs: Record<string, { readonly environment: readonly string[] }> = {};
  for (const [pack, entry] of Object.entries(value)) {
    const names = isObject(entry) ? entry.environment : undefined;
    if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) return undefined;
    packs[pack] = { environment: names };
  }
  return packs;
}

function isObject(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
