import { PERMISSIONS } from '@capstan/sdk';

/** A JSON Schema that is an object; the parts of the manifest's schema are plain data. */
export type SchemaObject = { readonly [keyword: string]: unknown };

/** A text of any content. */
export function text(description: string): SchemaObject {
  return { type: 'string', description };
}

/** A text of a certain form. `patternErrorMessage` is what editors and the loader say about one that is not. */
export function patterned(
  description: string,
  form: { readonly pattern: string; readonly patternErrorMessage: string; readonly maxLength?: number },
): SchemaObject {
  return { type: 'string', description, ...form };
}

/** A whole number of at least `minimum`. */
export function count(description: string, minimum: number, maximum?: number): SchemaObject {
  return { type: 'integer', minimum, ...(maximum === undefined ? {} : { maximum }), description };
}

/** A list of texts. */
export function texts(description: string): SchemaObject {
  return { type: 'array', items: { type: 'string' }, description };
}

/** An object of known keys. */
export function record(description: string, properties: SchemaObject, required: readonly string[] = []): SchemaObject {
  return {
    type: 'object',
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
    properties,
    description,
  };
}

/** The permissions of a pack or a tool. Any text is kept; one that is neither known nor of a pack's own gets a warning. */
export const PERMISSIONS_SCHEMA: SchemaObject = {
  type: 'array',
  items: { type: 'string', examples: PERMISSIONS },
  description: 'What it needs to be allowed: one of the known permissions, or one of your own in the form x.y.',
};
