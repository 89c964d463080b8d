import { record, type SchemaObject, text, texts } from './schema-parts.ts';

const FILE = text('A file of the pack.');
const PREFIX = text('Stands before the name of each tool.');

/** Documents whose operations are tools. */
export const OPENAPI_SOURCES: SchemaObject = sourcesOf('OpenAPI documents whose operations the pack brings.', {
  tags: texts('Tags of operations.'),
  paths: texts('Paths, such as /admin/**; one asterisk stops at a slash.'),
  operations: texts('Operation ids, with asterisks as in paths.'),
});

/** Files of ToolUniverse whose entries are tools and MCP servers. */
export const TOOLUNIVERSE_SOURCES: SchemaObject = sourcesOf('ToolUniverse files whose tools the pack brings.', {
  names: texts('Names of entries, with asterisks.'),
  types: texts('Types of entries, such as BaseRESTTool.'),
  groups: texts('The files of ToolUniverse that entries came from, with asterisks.'),
});

/** A file, an entry that says more about it, or a list of either. Not `anyOf`: a mistake shall give one message. */
function sourcesOf(description: string, selection: SchemaObject): SchemaObject {
  const selected = record('Some of them: one that fits any entry of any list.', selection);
  const entry = record('One file.', { file: FILE, include: selected, exclude: selected, prefix: PREFIX }, ['file']);
  const single: SchemaObject = { type: ['string', 'object'], ...forType('object', entry) };
  return {
    type: ['string', 'object', 'array'],
    ...forType('array', { items: single }, forType('object', entry)),
    description,
  };
}

function forType(type: string, yes: SchemaObject, others: SchemaObject = {}): SchemaObject {
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  return { if: { type }, then: yes, else: others };
}
