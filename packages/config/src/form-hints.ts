import type { JsonObject, JsonValue } from '@capstan/sdk';

/** A schema as far as forms look at it. */
interface Keywords {
  readonly [keyword: string]: unknown;
}

/**
 * Hints for a form over a config schema, in the keys of react-jsonschema-form: the order of `x-order`, a password field for
 * what is secret, `x-placeholder` and `x-help-url`; `x-group` is the option `group` of a field, and fields of a group
 * stand together. A pack's own hints go before them, key by key.
 */
export function formHints(schema: Keywords, own: JsonObject = {}): JsonObject {
  return merged(objectHints(schema), own);
}

function objectHints(schema: Keywords): JsonObject {
  const properties = Object.entries(keywordsOf(schema.properties)).map(([name, property], index) => {
    return { name, index, schema: keywordsOf(property) };
  });
  const groups = [...new Set(properties.map(({ schema: { 'x-group': group } }) => group))];
  const sorted = properties.toSorted(
    (a, b) =>
      groups.indexOf(a.schema['x-group']) - groups.indexOf(b.schema['x-group']) ||
      orderOf(a.schema) - orderOf(b.schema) ||
      a.index - b.index,
  );
  const hints = properties.flatMap(({ name, schema: property }) => {
    const hint = fieldHints(property);
    return Object.keys(hint).length === 0 ? [] : [[name, hint] as const];
  });
  const order: JsonObject = properties.length > 1 ? { 'ui:order': [...sorted.map(({ name }) => name), '*'] } : {};
  return { ...order, ...Object.fromEntries(hints) };
}

function fieldHints(property: Keywords): JsonObject {
  const { 'x-placeholder': placeholder, 'x-help-url': help, 'x-group': group } = property;
  const isSecret = property['x-secret'] === true || property.format === 'password' || property.writeOnly === true;
  const options: JsonObject = {
    ...(typeof group === 'string' ? { group } : {}),
    ...(typeof help === 'string' ? { helpUrl: help } : {}),
  };
  return {
    ...(isSecret ? { 'ui:widget': 'password' } : {}),
    ...(typeof placeholder === 'string' ? { 'ui:placeholder': placeholder } : {}),
    ...(typeof help === 'string' ? { 'ui:help': help } : {}),
    ...(Object.keys(options).length === 0 ? {} : { 'ui:options': options }),
    ...(property.properties === undefined ? {} : objectHints(property)),
    ...itemHints(property),
  };
}

function itemHints({ items }: Keywords): JsonObject {
  if (items === undefined) return {};
  const hints = fieldHints(keywordsOf(items));
  return Object.keys(hints).length === 0 ? {} : { items: hints };
}

function orderOf({ 'x-order': order }: Keywords): number {
  return typeof order === 'number' ? order : Number.POSITIVE_INFINITY;
}

function merged(below: JsonObject, above: JsonObject): JsonObject {
  const entries = Object.entries(above).map(([key, value]): [string, JsonValue | undefined] => {
    const under = below[key];
    return [key, isObject(value) && isObject(under) ? merged(under, value) : value];
  });
  return { ...below, ...Object.fromEntries(entries) };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function keywordsOf(value: unknown): Keywords {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}
