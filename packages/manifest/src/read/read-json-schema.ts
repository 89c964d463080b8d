import { compileSchema, type DocumentPath } from '@capstan/schema';
import type { JsonSchema } from '@capstan/sdk';
import { isFields, member, textAt } from '../record.ts';
import type { PlacedDocument } from '../report.ts';
import { readPackDocument } from './read-pack-document.ts';
import type { ReadingContext } from './reading-context.ts';

/** Reads the schema at a path of the manifest: written out, or `{ schema_path: ./file.json }`. `undefined` where it is unusable. */
export function readJsonSchema(value: unknown, path: DocumentPath, context: ReadingContext): JsonSchema | undefined {
  const file = isFields(value) ? textAt(value, 'schema_path') : undefined;
  if (file === undefined) return checked(value, { path }, context);
  if (isFields(value) && Object.keys(value).length > 1) {
    const message = "a schema is written out or named with 'schema_path', and this one does both";
    context.report.add('CAPSTAN_MANIFEST_SCHEMA_INVALID', path, {
      message,
      hint: "Remove 'schema_path', or the rest.",
    });
  }
  return readSchemaFile(file, [...path, 'schema_path'], context);
}

/** Reads the schema in a file of the pack; `path` is where the manifest names it. */
export function readSchemaFile(file: string, path: DocumentPath, context: ReadingContext): JsonSchema | undefined {
  const document = readPackDocument(file, path, context);
  return document && checked(document.value, { path: [], document: document.place }, context);
}

function checked(
  value: unknown,
  where: { readonly path: DocumentPath; readonly document?: PlacedDocument },
  { report }: ReadingContext,
): JsonSchema | undefined {
  const document = where.document ? { document: where.document } : {};
  if (typeof value !== 'boolean' && !isFields(value)) {
    const finding = { message: 'a schema is an object, true or false', ...document };
    report.add('CAPSTAN_MANIFEST_SCHEMA_INVALID', where.path, finding);
    return undefined;
  }
  const compilation = compileSchema(value, { origin: 'own' });
  if (compilation.ok) return value;
  for (const { path, message } of compilation.problems) {
    const hint = hintFor(message, value, path);
    report.add('CAPSTAN_MANIFEST_SCHEMA_INVALID', [...where.path, ...path], { message, ...document, ...hint });
  }
  return undefined;
}

function hintFor(message: string, schema: unknown, path: DocumentPath): { readonly hint?: string } {
  if (message.startsWith('the pattern'))
    return { hint: 'Write it without look-around and back references (RE2 syntax).' };
  if (path.at(-1) === '$ref') return { hint: "Put the schema under '$defs' of this one and refer to '#/$defs/name'." };
  const keyword = String(path.at(-1) ?? '');
  return isFields(schema) && keyword === 'type' && typeof member(schema, 'type') === 'string'
    ? { hint: 'The types are array, boolean, integer, null, number, object and string.' }
    : {};
}
