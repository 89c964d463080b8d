import type { ToolDefinition } from '@capstan/sdk';
import MiniSearch from 'minisearch';

/** A tool to be found. */
export interface SearchableTool {
  readonly exposedName: string;
  readonly definition: ToolDefinition;
}

/** Finds tools by words. */
export interface ToolSearch {
  /** Exposed names, best first. */
  find(words: string): readonly string[];
}

const FIELDS = ['name', 'title', 'description', 'parameters', 'tags'];
const BOOST = { name: 4, title: 3, tags: 2 };

/** Indexes tools over name, description, parameters and tags: lexical, without a service. */
export function createToolSearch(tools: Iterable<SearchableTool>): ToolSearch {
  const index = new MiniSearch<Record<string, string>>({
    fields: FIELDS,
    searchOptions: { boost: BOOST, prefix: true, fuzzy: 0.15 },
    tokenize: (text) => text.split(/[^\p{L}\p{N}]+|(?<=\p{Ll})(?=\p{Lu})/u).filter((word) => word !== ''),
  });
  for (const tool of tools) index.add(documentOf(tool));
  return { find: (words) => index.search(words).map((hit) => String(hit.id)) };
}

function documentOf({ exposedName, definition }: SearchableTool): Record<string, string> {
  return {
    id: exposedName,
    name: `${exposedName} ${definition.id} ${definition.aliases.join(' ')}`,
    title: definition.displayName ?? '',
    description: definition.description,
    parameters: parametersOf(definition),
    tags: [...definition.tags, definition.category ?? ''].join(' '),
  };
}

function parametersOf({ inputSchema }: ToolDefinition): string {
  const properties = typeof inputSchema === 'object' ? inputSchema.properties : undefined;
  if (typeof properties !== 'object' || properties === null) return '';
  return Object.entries(properties)
    .map(([name, schema]: [string, unknown]) => `${name} ${descriptionOf(schema)}`)
    .join(' ');
}

function descriptionOf(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null || !('description' in schema)) return '';
  return typeof schema.description === 'string' ? schema.description : '';
}
