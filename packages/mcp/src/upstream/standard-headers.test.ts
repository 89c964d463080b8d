import { expect, test } from 'vitest';
import { decodeHeaderValue, markedParameters, parameterHeaders } from './standard-headers.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    deep: { type: 'object', properties: { level: { type: 'number', 'x-mcp-header': 'Level' } } },
    plain: { type: 'string' },
  },
};

test('arguments that a schema marks are repeated in headers, in base64 where a header cannot carry them', () => {
  expect(parameterHeaders(SCHEMA, { region: 'eu', deep: { level: 3 }, plain: 'x' })).toEqual([
    'mcp-param-region',
    'eu',
    'mcp-param-level',
    '3',
  ]);
  const [, encoded = ''] = parameterHeaders(SCHEMA, { region: 'Zürich' });
  expect(encoded).toMatch(/^=\?base64\?/);
  expect(decodeHeaderValue(encoded)).toBe('Zürich');
});

test('a parameter that is marked is known without an argument, too', () => {
  expect(markedParameters(SCHEMA, {})).toEqual([
    { header: 'mcp-param-region', text: undefined },
    { header: 'mcp-param-level', text: undefined },
  ]);
});

test('a base64 form that is none says nothing; what has no form is taken as it is', () => {
  expect(decodeHeaderValue('=?base64?SGVsbG8?=')).toBeUndefined();
  expect(decodeHeaderValue('=?base64?SGVs!!!bG8=?=')).toBeUndefined();
  expect(decodeHeaderValue('=?base64?SGVsbG8=')).toBe('=?base64?SGVsbG8=');
});
