import type { JsonValue } from '@capstan/sdk';
import type { ConfigNote, Contribution } from './contribution.ts';
import { isHostVariable } from './host-variables.ts';
import { parseReferences, variableNames } from './reference.ts';
import { type ReferenceRights, variableValue } from './reference-reader.ts';
import { keywordOf, mayHoldSecret, type SchemaPlace } from './schema-place.ts';
import type { ConfigLayer, ConfigLayerValues, ConfigRequest, ConfigSource } from './types.ts';

/** What all layers say about one key. */
export interface KeyLayers {
  /** Highest first. */
  readonly contributions: readonly Contribution[];
  readonly ignored: readonly ConfigNote[];
}

/** Where a key may be set by people: `x-scope`. */
export type ConfigScope = 'system' | 'connection' | 'both';

/** Shown as the schema says now, it would stand there in clear. */
const NO_LONGER_SECRET = 'it was set as a secret, and the pack does not call the key one any more; set it anew';

const PLAIN = { kind: 'plain' } as const;

const FOREIGN_SCOPE = {
  system: 'only the platform team may set this key (x-scope: system)',
  connection: 'this key belongs to each connection and cannot be set for the whole pack (x-scope: connection)',
} as const;

/** Collects what the layers say about a key, and what they say in vain. */
export function layersOf(key: string, place: SchemaPlace, request: ConfigRequest): KeyLayers {
  const written = [
    ...systemLayers(request).map((layer) => writtenLayer('system', layer, key, place)),
    writtenLayer('connection', request.connectionLayer, key, place),
    environmentLayer(place, request),
  ];
  const fallback = defaultLayer(place, request);
  return {
    contributions: [...written.flatMap(({ contributions }) => contributions), ...fallback],
    ignored: written.flatMap(({ ignored }) => ignored),
  };
}

/** What is set for the pack, highest first. */
export function systemLayers({ system }: ConfigRequest): readonly ConfigLayerValues[] {
  if (system === undefined) return [];
  return isList(system) ? system : [system];
}

/** `Array.isArray` does not narrow lists that are readonly. */
function isList(value: ConfigLayerValues | readonly ConfigLayerValues[]): value is readonly ConfigLayerValues[] {
  return Array.isArray(value);
}

/** The scope of a key; anything but the two words means both. */
export function scopeOf(place: SchemaPlace): ConfigScope {
  const scope = keywordOf(place, 'x-scope');
  return scope === 'system' || scope === 'connection' ? scope : 'both';
}

/** The variable that a key names as its own. */
function variableOf(place: SchemaPlace): string | undefined {
  const name = keywordOf(place, 'x-env');
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** Every variable by which the manifest lets a key be set: its own, and those that its default refers to. */
export function manifestVariables(place: SchemaPlace): readonly string[] {
  const fallback = keywordOf(place, 'default');
  const parsed = typeof fallback === 'string' ? parseReferences(fallback) : undefined;
  const named = parsed?.kind === 'variables' ? variableNames(parsed.segments) : [];
  const own = variableOf(place);
  return [...new Set(own === undefined ? named : [own, ...named])];
}

/** What an operator does so that a pack may read a variable. */
export function howToAllow(name: string, { pack, environment }: ConfigRequest): string {
  return environment.allowed.size === 0
    ? `add "environment: [${name}]" under packs.${pack} in capstan.yaml`
    : `add ${name} to "environment" under packs.${pack} in capstan.yaml`;
}

/** A key's own value in a layer. */
export function ownValue(values: ConfigLayerValues['values'], key: string): JsonValue | undefined {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}

function writtenLayer(
  layer: 'system' | 'connection',
  written: ConfigLayerValues | undefined,
  key: string,
  place: SchemaPlace,
): KeyLayers {
  if (written === undefined) return { contributions: [], ignored: [] };
  const ignored = (written.ignored ?? [])
    .filter((entry) => entry.key === key)
    .map(({ source, reason }) => ({ layer, source, reason }));
  const raw = ownValue(written.values, key);
  const sealed = ownValue(written.sealed ?? {}, key);
  const isSilent = raw === undefined || raw === '';
  if (isSilent && sealed === undefined) return { contributions: [], ignored };
  const scope = scopeOf(place);
  if (scope !== 'both' && scope !== layer) {
    const misplaced = { layer, source: written.sourceOf([key]), reason: FOREIGN_SCOPE[scope] };
    return { contributions: [], ignored: [...ignored, misplaced] };
  }
  const rights: ReferenceRights =
    written.references === 'operator' ? { kind: 'operator' } : { kind: 'listed', ...written.references };
  const meaning = { kind: 'references', rights } as const;
  const sourceOf: Contribution['sourceOf'] = (path) => written.sourceOf(path);
  if (sealed !== undefined && !mayHoldSecret(place)) {
    const misplaced = { layer, source: sourceOf([key]), reason: NO_LONGER_SECRET };
    return { contributions: isSilent ? [] : [{ layer, raw, meaning, sourceOf }], ignored: [...ignored, misplaced] };
  }
  return {
    contributions: [
      ...(sealed === undefined ? [] : [{ layer, raw: sealed, meaning: PLAIN, sourceOf }]),
      ...(isSilent ? [] : [{ layer, raw, meaning, sourceOf }]),
    ],
    ignored,
  };
}

function environmentLayer(place: SchemaPlace, request: ConfigRequest): KeyLayers {
  const { environment } = request;
  const name = variableOf(place);
  const raw = name === undefined ? undefined : variableValue(name, environment);
  if (name === undefined || raw === undefined) return { contributions: [], ignored: [] };
  const source = { kind: 'variable', name } as const;
  if (isHostVariable(name)) {
    const reason = 'the variable belongs to the host itself and is never readable';
    return { contributions: [], ignored: [{ layer: 'environment', source, reason }] };
  }
  if (!environment.allowed.has(name)) {
    const reason = `the variable is set, but this pack may not read it: ${howToAllow(name, request)}`;
    return { contributions: [], ignored: [{ layer: 'environment', source, reason }] };
  }
  return { contributions: [from('environment', raw, { kind: 'environment' }, source)], ignored: [] };
}

function defaultLayer(place: SchemaPlace, { environment }: ConfigRequest): readonly Contribution[] {
  const raw = keywordOf(place, 'default');
  if (!isJson(raw) || raw === '') return [];
  const rights: ReferenceRights = { kind: 'manifest', variables: environment.allowed };
  return [from('default', raw, { kind: 'references', rights }, { kind: 'schema' })];
}

function from(
  layer: ConfigLayer,
  raw: JsonValue,
  meaning: Contribution['meaning'],
  source: ConfigSource,
): Contribution {
  return { layer, raw, meaning, sourceOf: () => source };
}

/** Schemas are read from JSON or YAML, so whatever is there and no function is JSON. */
function isJson(value: unknown): value is JsonValue {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol' && typeof value !== 'bigint';
}
