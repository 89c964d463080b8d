import { suggest } from '@capstan/schema';
import type { JsonValue, ResolvedConfig } from '@capstan/sdk';
import type { ConfigNote } from './contribution.ts';
import { layersOf, ownValue, systemLayers } from './layers.ts';
import { createMasker, type Masker, type SealedValue } from './mask.ts';
import { type ConfigNode, mergeLayer } from './merge.ts';
import { placesOf } from './places.ts';
import {
  declaredKeys,
  keywordOf,
  mayHoldSecret,
  propertyPlace,
  rootPlace,
  type SchemaPlace,
  welcomesOtherKeys,
} from './schema-place.ts';
import { describeOrigin, describePath, pointerPath } from './source-text.ts';
import { nodeAt, readTree } from './trace.ts';
import type {
  ConfigLayerValues,
  ConfigProblem,
  ConfigRequest,
  ConfigResolution,
  ConfigTraceKey,
  MissingKey,
} from './types.ts';
import { type ConfigValidator, validatorOf } from './validate.ts';

/**
 * Resolves the config of one (pack, workspace, connection): for each key the highest layer that says something wins,
 * objects merge by key, and the same merge explains itself in the trace.
 *
 * Never throws for what people wrote: that becomes `missing`, `problems` and `warnings`. The config can be used when
 * `missing` and `problems` are empty.
 */
export function resolveConfig(request: ConfigRequest): ConfigResolution {
  const root = rootPlace(request.schema);
  const declared = declaredKeys(root);
  const strangers = strangeKeys(request, new Set(declared));
  const isOpen = welcomesOtherKeys(root);
  const required = requiredKeys(root);
  const scene: Scene = { request, mask: createMasker(request.maskKey), validator: validatorOf(request.schema) };
  const keys = isOpen ? [...declared, ...strangers.map(({ key }) => key)] : declared;
  const resolved = [...new Set(keys)].map((key) => resolveKey(key, propertyPlace(root, key), required.has(key), scene));
  const missing = resolved.flatMap((key) => key.missing ?? []);
  const problems = resolved.flatMap((key) => key.problems);
  const isComplete = missing.length === 0 && problems.length === 0;
  return {
    values: asResolvedConfig(resolved.flatMap(({ trace, sealed }) => (sealed ? [[trace.key, sealed.value]] : []))),
    trace: resolved.map(({ trace }) => trace),
    missing,
    problems: isComplete ? problemsTogether(resolved, scene.validator) : problems,
    warnings: isOpen ? [] : strangers.map((stranger) => unknownKey(stranger, declared)),
  };
}

/** What a person has to know of a key that something needs, and that nothing set. */
export function missingKeyOf(key: string, request: ConfigRequest): MissingKey {
  const schema = propertyPlace(rootPlace(request.schema), key);
  return {
    key,
    ...descriptionOf(schema),
    secret: mayHoldSecret(schema),
    places: placesOf(key, schema, request),
  };
}

interface Scene {
  readonly request: ConfigRequest;
  readonly mask: Masker;
  readonly validator: ConfigValidator;
}

interface ResolvedKey {
  readonly trace: ConfigTraceKey;
  readonly problems: readonly ConfigProblem[];
  readonly missing?: MissingKey;
  /** Absent where there is no value, or none that can be used. */
  readonly sealed?: { readonly value: SealedValue; readonly plain: JsonValue };
}

function resolveKey(key: string, schema: SchemaPlace, isRequired: boolean, scene: Scene): ResolvedKey {
  const { contributions, ignored } = layersOf(key, schema, scene.request);
  const notes: ConfigNote[] = [...ignored];
  const world = { variables: scene.request.environment.variables, readFile: scene.request.readFile };
  let tree: ConfigNode | undefined;
  for (const from of contributions) {
    tree = mergeLayer(tree, from.raw, { path: [key], schema }, from, { world, notes });
  }
  const about = { key, ...descriptionOf(schema), secret: mayHoldSecret(schema) };
  const base = { ...about, required: isRequired, ignored: notes };
  if (tree === undefined) {
    const trace: ConfigTraceKey = { ...base, outcome: 'unset', overridden: [] };
    if (!isRequired) return { trace, problems: [] };
    return { trace, problems: [], missing: { ...about, places: placesOf(key, schema, scene.request) } };
  }
  const { plain, rendered, winner, overridden, parts, problems } = readTree(tree, scene.mask);
  const found = problems.length > 0 ? problems : invalidities(key, plain, tree, scene.validator);
  const explained = { ...base, winner, overridden, ...(parts === undefined ? {} : { parts }) };
  if (found.length > 0) return { trace: { ...explained, outcome: 'invalid' }, problems: found };
  return { trace: { ...explained, outcome: 'set' }, problems: [], sealed: { value: rendered.sealed, plain } };
}

function invalidities(
  key: string,
  plain: JsonValue,
  tree: ConfigNode,
  validator: ConfigValidator,
): readonly ConfigProblem[] {
  return validator.problemsOf(key, plain).map(({ pointer, message, hint }) => {
    const path = pointerPath(pointer);
    const { from, place } = nodeAt(tree, path);
    const where = describePath([key, ...path]);
    const origin = describeOrigin(from.layer, from.sourceOf(place.path));
    return invalid(key, `${where} (${origin}): ${withoutName(message, where)}`, hint ?? 'Correct the value there.');
  });
}

function problemsTogether(resolved: readonly ResolvedKey[], validator: ConfigValidator): readonly ConfigProblem[] {
  const values = Object.fromEntries(
    resolved.flatMap(({ trace, sealed }) => (sealed ? [[trace.key, sealed.plain] as const] : [])),
  );
  return validator.problemsTogether(values).map(({ pointer, message, hint }) => {
    const path = pointerPath(pointer);
    const where = path.length === 0 ? 'the config as a whole' : describePath(path);
    const fact = withoutName(message, where);
    return invalid(path[0] ?? '', `${where}: ${fact}`, hint ?? 'Correct the values so that they fit together.');
  });
}

/** The sentence of a schema begins with the property; here the property has been named already. */
function withoutName(message: string, name: string): string {
  return message.startsWith(`'${name}' `) ? message.slice(name.length + 3) : message;
}

interface StrangeKey {
  readonly key: string;
  readonly where: string;
}

function strangeKeys(request: ConfigRequest, declared: ReadonlySet<string>): readonly StrangeKey[] {
  const { connectionLayer } = request;
  const layers: readonly (readonly ['system' | 'connection', ConfigLayerValues])[] = [
    ...systemLayers(request).map((written) => ['system', written] as const),
    ...(connectionLayer === undefined ? [] : [['connection', connectionLayer] as const]),
  ];
  return layers.flatMap(([layer, written]) => {
    const sealed = written.sealed ?? {};
    const keys = [
      ...Object.keys(written.values).filter((key) => ownValue(written.values, key) !== undefined),
      ...Object.keys(sealed).filter((key) => ownValue(sealed, key) !== undefined),
    ];
    return [...new Set(keys)]
      .filter((key) => !declared.has(key) && !written.implied?.includes(key))
      .map((key) => ({ key, where: describeOrigin(layer, written.sourceOf([key])) }));
  });
}

/** A misspelt key does nothing; that is said, and stops nothing: real connections carry keys for other readers. */
function unknownKey({ key, where }: StrangeKey, declared: readonly string[]): ConfigProblem {
  const meant = suggest(key, declared);
  const known = declared.length === 0 ? 'This pack has no config.' : `This pack knows: ${declared.join(', ')}.`;
  const hint = meant === undefined ? known : `Did you mean "${meant}"?`;
  return invalid(key, `${key} (${where}): the pack does not know this key, so it has no effect`, hint);
}

function invalid(key: string, message: string, hint: string): ConfigProblem {
  return { key, code: 'CAPSTAN_CONFIG_INVALID', message, hint };
}

function requiredKeys(root: SchemaPlace): ReadonlySet<unknown> {
  const required = keywordOf(root, 'required');
  return new Set(Array.isArray(required) ? required : []);
}

function descriptionOf(schema: SchemaPlace): { readonly description?: string } {
  const description = keywordOf(schema, 'description');
  return typeof description === 'string' ? { description } : {};
}

/** The sdk's type knows secrets at the top only; deeper ones stand in objects and arrays in just the same way. */
function asResolvedConfig(entries: readonly (readonly [string, SealedValue])[]): ResolvedConfig {
  return Object.fromEntries(entries) as ResolvedConfig;
}
