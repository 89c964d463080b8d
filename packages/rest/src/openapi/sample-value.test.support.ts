import type { JsonObject, JsonSchema, JsonValue } from '@capstan/sdk';
import { isObject } from '../json-object.ts';

type Keywords = { readonly [keyword: string]: unknown };

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  email: 'a@example.com',
  uri: 'https://example.com/a',
  uuid: '01939a3c-7d2e-7bbb-8ccc-0123456789ab',
};

/** Values that a schema may accept: its examples first, else the plainest thing of its type. */
export class SampleValues {
  readonly #definitions: Keywords;

  constructor(root: JsonSchema) {
    this.#definitions = isObject(root) && isObject(root.$defs) ? root.$defs : {};
  }

  /** Arguments: the required ones, and with `all` the optional ones too. */
  arguments(schema: JsonSchema, all: boolean): JsonObject {
    const value = this.#object(isObject(schema) ? schema : {}, all, 0);
    return isObject(value) ? value : {};
  }

  #value(schema: unknown, depth: number): JsonValue {
    if (!isObject(schema) || depth > 12) return 'x';
    const { $ref: reference } = schema;
    if (typeof reference === 'string')
      return this.#value(this.#definitions[reference.replace('#/$defs/', '')], depth + 1);
    const given = [schema.const, ...listed(schema.enum), ...listed(schema.examples), schema.default].find(
      (value) => value !== undefined && value !== null,
    );
    if (given !== undefined && isJson(given)) return given;
    const [alternative] = [...listed(schema.oneOf), ...listed(schema.anyOf)];
    if (alternative !== undefined && schema.properties === undefined) return this.#value(alternative, depth + 1);
    const all = listed(schema.allOf);
    if (all.length > 0) return all.map((part) => this.#value(part, depth + 1)).reduce(merged);
    return this.#ofType(schema, depth);
  }

  #ofType(schema: Keywords, depth: number): JsonValue {
    const [type] = listed(schema.type).length > 0 ? listed(schema.type) : [schema.type];
    switch (type) {
      case 'integer':
      case 'number':
        return Math.max(1, Number(schema.minimum ?? 1));
      case 'boolean':
        return true;
      case 'array':
        return Array.from({ length: Math.max(1, Number(schema.minItems ?? 1)) }, () =>
          this.#value(schema.items, depth + 1),
        );
      case 'object':
        return this.#object(schema, false, depth);
      case 'null':
        return null;
      default:
        return schema.properties === undefined ? textFor(schema) : this.#object(schema, false, depth);
    }
  }

  #object(schema: Keywords, all: boolean, depth: number): JsonValue {
    const properties = isObject(schema.properties) ? schema.properties : {};
    const alternatives = [...listed(schema.oneOf), ...listed(schema.anyOf)].find(isObject);
    const required = [...listed(schema.required), ...listed(alternatives?.required)];
    const names = Object.keys(properties).filter((name) => all || required.includes(name));
    return Object.fromEntries(names.map((name) => [name, this.#value(properties[name], depth + 1)]));
  }
}

function textFor({ format, minLength }: Keywords): string {
  const text = (typeof format === 'string' ? FORMATS[format] : undefined) ?? 'abc';
  return text.padEnd(Number(minLength ?? 0), 'x');
}

function merged(a: JsonValue, b: JsonValue): JsonValue {
  return isObject(a) && isObject(b) ? { ...a, ...b } : b;
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isJson(value: unknown): value is JsonValue {
  return value === null || ['string', 'number', 'boolean', 'object'].includes(typeof value);
}
