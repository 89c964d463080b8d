import type { JsonSchema, JsonValue } from '@capstan/sdk';

/** A copy of a value with every part masked that the schema marks as secret (`x-secret`, `format: password`, `writeOnly`). */
export type Redactor = (value: JsonValue | undefined) => JsonValue | undefined;

/** Builds the redactor of a schema. Where nothing is secret it returns its argument as it is. */
export function createRedactor(_schema: JsonSchema): Redactor {
  throw new Error('being written');
}
