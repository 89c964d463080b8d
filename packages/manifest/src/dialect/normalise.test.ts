import { describe, expect, test } from 'vitest';
import { findings, load, manifestOf, said, withTool } from '../loading.test.support.ts';

describe('another dialect becomes ours, with one warning per change', () => {
  test.each([
    ['id for code', 'id: a\nversion: 1.0.0', { code: 'a' }, ['NORMALISED_KEY 1:1']],
    ['name for display_name', 'code: a\nversion: 1.0.0\nname: A', { displayName: 'A' }, ['NORMALISED_KEY 3:1']],
    ['no version', 'code: a', { version: '0.0.0' }, ['NORMALISED_VERSION 1:1']],
    ['a number as version', 'code: a\nversion: 1.2', { version: '1.2.0' }, ['NORMALISED_VERSION 2:10']],
    ['a v before the version', 'code: a\nversion: v1.2.3', { version: '1.2.3' }, ['NORMALISED_VERSION 2:10']],
    ['a type of theirs', 'code: a\nversion: 1.0.0\ntype: core', { type: 'system' }, ['NORMALISED_TYPE 3:7']],
    [
      'empty keys',
      'code: a\nversion: 1.0.0\ntools:\nextra:',
      { unknown: { extra: null } },
      ['NORMALISED_VALUE 3:1', 'UNKNOWN_KEY 4:1'],
    ],
    [
      'capabilities for apis',
      'code: a\nversion: 1.0.0\ncapabilities: [{ path: x }]',
      { unknown: { apis: [{ path: 'x' }] } },
      ['NORMALISED_KEY 3:1', 'UNKNOWN_KEY 3:1'],
    ],
    [
      'a list of dependencies',
      'code: a\nversion: 1.0.0\ndependencies: [b]',
      { unknown: { dependencies: { required: ['b'], optional: [] } } },
      ['NORMALISED_VALUE 3:1', 'UNKNOWN_KEY 3:1'],
    ],
    [
      'a list right under config',
      'code: a\nversion: 1.0.0\nconfig: [{ name: b, type: int }]',
      { configSchema: { properties: { b: { type: 'integer' } } } },
      ['NORMALISED_VALUE 3:1', 'NORMALISED_TYPE 3:27'],
    ],
    [
      'a type that means a secret',
      'code: a\nversion: 1.0.0\nconfig: { schema: [{ name: b, type: password }] }',
      { configSchema: { properties: { b: { type: 'string', 'x-secret': true } } } },
      ['NORMALISED_TYPE 3:37'],
    ],
    [
      'a tool that is only a name',
      'code: a\nversion: 1.0.0\ntools: [b]',
      { tools: [{ name: 'b', backend: { kind: 'unsupported' } }] },
      ['NORMALISED_TOOL 3:9', 'UNSUPPORTED_BACKEND 3:9'],
    ],
    [
      'a tool by its code',
      'code: a\nversion: 1.0.0\ntools: [{ code: b, backend: "./b.js:c" }]',
      { tools: [{ name: 'b' }] },
      ['NORMALISED_KEY 3:11'],
    ],
    [
      'a tool by code and name',
      'code: a\nversion: 1.0.0\ntools: [{ code: b, name: b, backend: "./b.js:c" }]',
      { tools: [{ name: 'b' }] },
      ['NORMALISED_KEY 3:11'],
    ],
    [
      'a tool whose code is another',
      'code: a\nversion: 1.0.0\ntools: [{ code: c, name: b, backend: "./b.js:c" }]',
      { tools: [{ name: 'b', unknown: { code: 'c' } }] },
      ['UNKNOWN_KEY 3:11'],
    ],
    [
      'tools by name',
      'code: a\nversion: 1.0.0\ntools:\n  b: { backend: "./b.js:c" }\n  c: { backend: "./b.js:d", tagz: [] }',
      { tools: [{ name: 'b' }, { name: 'c' }] },
      ['NORMALISED_TOOL 3:1', 'UNKNOWN_KEY 5:29'],
    ],
    [
      'routes that name code',
      'code: a\nversion: 1.0.0\nroutes: ["backend.a.routes:router"]',
      { sources: { routes: ['backend.a.routes:router'] } },
      ['UNSUPPORTED_BACKEND 3:10'],
    ],
  ])('%s', (_name, text, manifest, expected) => {
    expect(findings(text)).toEqual(expected);
    expect(manifestOf(text)).toMatchObject(manifest);
    expect(load(text, { strict: true }).manifest).toBeUndefined();
  });

  test('the manifest says whether anything was normalised', () => {
    expect(manifestOf('id: a\nversion: 1.0.0').normalised).toBe(true);
    expect(manifestOf('code: a\nversion: 1.0.0\nextra: 1').normalised).toBe(false);
  });

  test('both keys stay where both are there', () => {
    expect(findings('id: b\ncode: a\nversion: 1.0.0')).toEqual(['UNKNOWN_KEY 1:1']);
    expect(manifestOf('id: b\ncode: a\nversion: 1.0.0').code).toBe('a');
  });

  test('what cannot be a version is an error', () => {
    for (const version of ['one', '"1.0.0.0.0"', '1.0.0-', '[1]']) {
      expect(load(`code: a\nversion: ${version}\ntools: []`).manifest).toBeUndefined();
    }
  });
});

describe('required: true inside a property', () => {
  test('becomes the list of the object around it, at every depth', () => {
    const lines = `input_schema:
  type: object
  required: [c]
  properties:
    a: { type: string, required: true }
    b: { type: string, required: false }
    c: { type: object, properties: { d: { required: true } } }
    e: { type: array, items: { type: object, required: true, properties: { f: { required: true } } } }
    required: { type: boolean }
  anyOf: [{ properties: { g: { required: true } } }]`;
    const [tool] = manifestOf(withTool(lines)).tools;
    expect(tool?.inputSchema).toEqual({
      type: 'object',
      required: ['c', 'a'],
      properties: {
        a: { type: 'string' },
        b: { type: 'string' },
        c: { type: 'object', properties: { d: {} }, required: ['d'] },
        e: { type: 'array', items: { type: 'object', properties: { f: {} }, required: ['f'] } },
        required: { type: 'boolean' },
      },
      anyOf: [{ properties: { g: {} }, required: ['g'] }],
    });
    expect(findings(withTool(lines))).toEqual([
      'NORMALISED_REQUIRED 10:28',
      'NORMALISED_REQUIRED 11:28',
      'NORMALISED_REQUIRED 12:47',
      'NORMALISED_REQUIRED 13:50',
      'NORMALISED_REQUIRED 13:85',
      'NORMALISED_REQUIRED 15:36',
    ]);
  });

  test('the hint shows how it is written', () => {
    expect(said(withTool('input_schema: { properties: { a: { required: true } } }'))).toContain(
      "hint: JSON Schema lists required properties in 'required: [name, …]' of the object.",
    );
  });
});
