import type { JsonObject } from '@capstan/sdk';
import { MANIFEST_SCHEMA } from '../format/manifest-schema.ts';
import type { SchemaObject } from '../format/schema-parts.ts';
import { TOOL_SCHEMA } from '../format/tool-schema.ts';
import { type Fields, isFields } from '../record.ts';
import { isJsonObject } from './reading-context.ts';

const SCHEMAS: Readonly<Record<'pack' | 'tool', SchemaObject>> = { pack: MANIFEST_SCHEMA, tool: TOOL_SCHEMA };

/** The keys of a pack or tool that Capstan does not know, as written. `undefined` where there are none. */
export function unknownMembers(fields: Fields, of: 'pack' | 'tool'): JsonObject | undefined {
  const known = SCHEMAS[of].properties;
  const entries = Object.entries(fields).filter(([key]) => !isFields(known) || !Object.hasOwn(known, key));
  const unknown: unknown = Object.fromEntries(entries);
  return entries.length > 0 && isJsonObject(unknown) ? unknown : undefined;
}
