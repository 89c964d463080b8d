import type { JsonSchema, ToolDefinition } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { EXPORT_FORMATS, type ExportableTool, exportTools, isExportFormat } from './export-formats.ts';

const SCHEMA: JsonSchema = {
  type: 'object',
  properties: { to: { type: 'string' }, at: { $ref: '#/$defs/time' } },
  required: ['to'],
  $defs: { time: { type: 'string', format: 'date-time' } },
};

function tool(parts: Partial<ToolDefinition> = {}): ExportableTool {
  const definition: ToolDefinition = {
    id: 'line.send_message',
    name: 'send_message',
    pack: 'line',
    description: 'Sends a text',
    tags: [],
    aliases: [],
    backendKind: 'remote',
    inputSchema: SCHEMA,
    annotations: {},
    permissions: [],
    examples: [],
    ...parts,
  };
  return { exposedName: 'line_send_message', definition };
}

test('OpenAI gets functions', () => {
  expect(exportTools([tool()], 'openai')).toEqual([
    { type: 'function', function: { name: 'line_send_message', description: 'Sends a text', parameters: SCHEMA } },
  ]);
});

test('Anthropic gets tools with an input schema', () => {
  expect(exportTools([tool()], 'anthropic')).toEqual([
    { name: 'line_send_message', description: 'Sends a text', input_schema: SCHEMA },
  ]);
});

test('the AI SDK gets a record by name', () => {
  expect(exportTools([tool({ displayName: 'Send' })], 'ai-sdk')).toEqual({
    line_send_message: { title: 'Send', description: 'Sends a text', inputSchema: SCHEMA },
  });
});

test.each([[true], [{}], [{ properties: { a: {} } }]])(
  'a schema that does not say so is an object all the same: %j',
  (inputSchema) => {
    expect(exportTools([tool({ inputSchema })], 'anthropic')[0]?.input_schema.type).toBe('object');
    expect(exportTools([tool({ inputSchema })], 'ai-sdk').line_send_message?.inputSchema.type).toBe('object');
  },
);

test('choices at the root, which two of the services refuse, become properties; elsewhere they stay', () => {
  const inputSchema = {
    properties: { both: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
    required: ['both'],
    oneOf: [{ properties: { a: { type: 'string' } }, required: ['a'] }, { properties: { b: {}, both: false } }],
  };
  const flat = {
    type: 'object',
    properties: { a: { type: 'string' }, b: {}, both: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
    required: ['both'],
  };
  expect(exportTools([tool({ inputSchema })], 'openai')[0]?.function.parameters).toEqual(flat);
  expect(exportTools([tool({ inputSchema })], 'anthropic')[0]?.input_schema).toEqual(flat);
  expect(exportTools([tool({ inputSchema })], 'ai-sdk').line_send_message?.inputSchema).toEqual({
    ...inputSchema,
    type: 'object',
  });
});

test('OpenAI gets no description that it would refuse for its length', () => {
  const [exported] = exportTools([tool({ description: 'd'.repeat(3_000) })], 'openai');
  expect(exported?.function.description.length).toBe(1_024);
  expect(exportTools([tool({ description: 'd'.repeat(3_000) })], 'anthropic')[0]?.description.length).toBe(3_000);
});

test('no tools give an empty export, and a word is a format or none', () => {
  expect(EXPORT_FORMATS.map((format) => exportTools([], format))).toEqual([[], [], {}]);
  expect([isExportFormat('openai'), isExportFormat('gemini')]).toEqual([true, false]);
});
