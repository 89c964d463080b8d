import type { ToolDefinition } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { createToolSearch } from './tool-search.ts';

function searchable(exposedName: string, parts: Partial<ToolDefinition>) {
  const definition: ToolDefinition = {
    id: `pack.${exposedName}`,
    name: exposedName,
    pack: 'pack',
    description: '',
    tags: [],
    aliases: [],
    backendKind: 'remote',
    inputSchema: { type: 'object' },
    annotations: {},
    permissions: [],
    examples: [],
    ...parts,
  };
  return { exposedName, definition };
}

test('tools are found by name, description, parameter and tag, the name first', () => {
  const search = createToolSearch([
    searchable('line_send_message', { description: 'Sends a text to a person' }),
    searchable('wp_publish_post', { description: 'Publishes; can notify by message', tags: ['blog'] }),
    searchable('get_weather', {
      inputSchema: { type: 'object', properties: { city: { type: 'string', description: 'Where' } } },
    }),
  ]);
  expect(search.find('message')[0]).toBe('line_send_message');
  expect(search.find('blog')).toEqual(['wp_publish_post']);
  expect(search.find('city')).toEqual(['get_weather']);
  expect(search.find('sendmesage')).toEqual([]);
  expect(search.find('publsh')).toEqual(['wp_publish_post']);
});
