import type { JsonObject } from '@capstan/sdk';

/** What a server with everything announces. */
export const FULL_CAPABILITIES: JsonObject = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true, subscribe: true },
  completions: {},
  logging: {},
};

const ICONS = [{ src: 'data:image/png;base64,AA==', mimeType: 'image/png', sizes: ['16x16'] }];
const tool = (name: string, more: JsonObject = {}): JsonObject => ({
  name,
  inputSchema: { type: 'object' },
  ...more,
});

/** What it lists. */
export const FULL_OFFER: Readonly<Record<'tools' | 'prompts' | 'resources' | 'templates', readonly JsonObject[]>> = {
  tools: [
    tool('rich', {
      title: 'Rich',
      description: 'Everything',
      inputSchema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        properties: { a: { type: 'string', 'x-vendor': true, examples: ['x'] } },
        unevaluatedProperties: true,
        $defs: { own: { const: 1 } },
      },
      outputSchema: { type: 'object', properties: { n: { type: 'number' } } },
      annotations: { readOnlyHint: true, openWorldHint: false, title: 'Hint' },
      icons: ICONS,
      _meta: { 'vendor/listed': [1, { deep: true }] },
    }),
    ...['content', 'fails', 'breaks', 'progress', 'log', 'wait', 'aborted', 'change', 'elicit', 'sample', 'roots'].map(
      (name) => tool(name),
    ),
  ],
  prompts: [
    { name: 'ask', title: 'Ask', arguments: [{ name: 'topic', required: true }], icons: ICONS, _meta: { p: 1 } },
  ],
  resources: [
    { uri: 'full://one', name: 'one', title: 'One', mimeType: 'text/plain', size: 3, icons: ICONS, _meta: { r: 1 } },
  ],
  templates: [{ uriTemplate: 'full://item/{id}', name: 'item', mimeType: 'text/plain', _meta: { t: 1 } }],
};

const CONTENT = [
  { type: 'text', text: 'words', annotations: { audience: ['user'], priority: 0.5 }, _meta: { c: 1 } },
  { type: 'image', data: 'AA==', mimeType: 'image/png' },
  { type: 'audio', data: 'AA==', mimeType: 'audio/wav' },
  { type: 'resource_link', uri: 'full://one', name: 'one', description: 'A link' },
  { type: 'resource', resource: { uri: 'full://embedded', mimeType: 'text/plain', text: 'inside' } },
];

/** Every kind of content. */
export const FULL_CONTENT: readonly JsonObject[] = CONTENT;

/** The questions that its tools ask, by tool. */
export const QUESTIONS: Readonly<Record<string, JsonObject | undefined>> = {
  elicit: {
    method: 'elicitation/create',
    params: {
      mode: 'form',
      message: 'Size?',
      requestedSchema: { type: 'object', properties: { s: { type: 'string' } } },
    },
  },
  sample: {
    method: 'sampling/createMessage',
    params: { messages: [{ role: 'user', content: { type: 'text', text: 'Say' } }], maxTokens: 5 },
  },
  roots: { method: 'roots/list' },
};

/** What it answers. A tool says which `_meta` it got. */
export function fullResult(method: string, params: { readonly [key: string]: unknown }): JsonObject {
  const name = String(params.name);
  if (method === 'prompts/get') {
    return {
      messages: [{ role: 'user', content: { type: 'text', text: JSON.stringify(params.arguments) } }],
      _meta: { g: 1 },
    };
  }
  if (method === 'resources/read') {
    return { contents: [{ uri: String(params.uri), mimeType: 'text/plain', text: 'one', _meta: { x: 1 } }] };
  }
  if (method === 'completion/complete') return { completion: { values: ['alpha', 'beta'], total: 2, hasMore: false } };
  if (name === 'breaks') throw Object.assign(new Error('broken'), { code: -32_050, data: { why: 'told' } });
  if (name === 'content') return { content: FULL_CONTENT };
  if (name === 'fails') return { content: [{ type: 'text', text: 'no' }], isError: true };
  if (name === 'rich') {
    const meta = params._meta as JsonObject | undefined;
    const structuredContent = { n: 1, mine: meta?.['vendor/mine'] };
    return {
      content: [{ type: 'text', text: 'not the same' }],
      structuredContent,
      _meta: { 'vendor/out': { a: [1] } },
    };
  }
  return { content: [{ type: 'text', text: name }] };
}
