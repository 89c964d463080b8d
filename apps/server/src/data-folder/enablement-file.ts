import { existsSync, readFileSync } from 'node:fs';
import type { EnablementState, EnablementStore } from '@capstan/host';
import { CapstanError, type JsonValue } from '@capstan/sdk';
import { writeFileAtomically } from './atomic-file.ts';

const NOTHING: EnablementState = { workspaces: {} };

/** Keeps what an operator enabled at run time in a JSON file, durable when `save` returns. */
export function enablementFile(path: string): EnablementStore {
  return {
    load: () => (existsSync(path) ? readState(path) : NOTHING),
    save: (state) => writeFileAtomically(path, `${JSON.stringify({ version: 1, ...state }, undefined, 2)}\n`),
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
  return { workspaces: Object.fromEntries(read.map(([workspace, packs]) => [workspace, packs ?? {}])) };
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
