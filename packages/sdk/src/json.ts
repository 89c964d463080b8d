/** A value that JSON can carry (RFC 8259). */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** A JSON object. `undefined` members are left out when it is written. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** A JSON Schema document (draft-07 or 2020-12): an object, or `true`/`false`. */
export type JsonSchema = { readonly [keyword: string]: unknown } | boolean;
