import type { JsonSchema } from '@capstan/sdk';
import { describe, expect, test } from 'vitest';
import { type CompiledSchema, compileSchema, type SchemaCompilation } from './json-schema.ts';

const own = (schema: unknown): SchemaCompilation => compileSchema(schema as JsonSchema, { origin: 'own' });
const foreign = (schema: unknown): SchemaCompilation => compileSchema(schema as JsonSchema, { origin: 'foreign' });

function compiled(compilation: SchemaCompilation): CompiledSchema {
  if (!compilation.ok) throw new Error(JSON.stringify(compilation.problems));
  return compilation.schema;
}

function flaws(compilation: SchemaCompilation): readonly string[] {
  return compilation.ok ? [] : compilation.problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('checking a value', () => {
  const schema = compiled(
    own({
      type: 'object',
      required: ['to', 'messages'],
      additionalProperties: false,
      properties: {
        to: { type: 'string', minLength: 1 },
        messages: { type: 'array', items: { type: 'object', properties: { type: { enum: ['text', 'image'] } } } },
        mail: { type: 'string', format: 'email' },
        limit: { type: ['integer', 'null'], maximum: 100 },
        'a/b~c%': { const: 1 },
      },
    }),
  );

  test('a value that fits has no problems', () => {
    const value = { to: 'U1', messages: [{ type: 'text' }], mail: 'a@b.example', limit: null };
    expect(schema.accepts(value)).toBe(true);
    expect(schema.problems(value)).toEqual([]);
  });

  test('every problem is listed, with its pointer, its keyword and the next action', () => {
    const value = { to: '', mesages: [], mail: 'nobody', limit: 101, 'a/b~c%': 2 };
    expect(schema.accepts(value)).toBe(false);
    expect(schema.problems(value)).toEqual([
      {
        pointer: '',
        keyword: 'required',
        message: "the value lacks the property 'messages'",
        hint: "is 'mesages' meant to be 'messages'?",
        property: 'messages',
      },
      {
        pointer: '',
        keyword: 'additionalProperties',
        message: "the value has a property that is not known: 'mesages'",
        hint: "did you mean 'messages'?",
        property: 'mesages',
      },
      { pointer: '/to', keyword: 'minLength', message: "'to' must NOT have fewer than 1 characters" },
      { pointer: '/mail', keyword: 'format', message: '\'mail\' must match format "email"' },
      { pointer: '/limit', keyword: 'maximum', message: "'limit' must be <= 100" },
      { pointer: '/a~1b~0c%', keyword: 'const', message: "'a/b~c%' is not 1" },
    ]);
  });

  test('a type names what is wanted, and an enum what it may be', () => {
    expect(schema.problems({ to: 1, messages: [{ type: 'tex' }], limit: 'x' })).toEqual([
      { pointer: '/to', keyword: 'type', message: "'to' must be string" },
      {
        pointer: '/messages/0/type',
        keyword: 'enum',
        message: '\'messages.0.type\' is none of "text", "image"',
        hint: "did you mean 'text'?",
      },
      { pointer: '/limit', keyword: 'type', message: "'limit' must be integer or null" },
    ]);
  });

  test('no problem holds the offending value', () => {
    const canary = 'canary-9f3b';
    const value = { to: [canary], messages: canary, mail: canary, limit: canary, 'a/b~c%': canary };
    expect(JSON.stringify(schema.problems(value))).not.toContain(canary);
  });

  test('problems are cut where there are very many', () => {
    expect(compiled(own({ items: { type: 'string' } })).problems(Array.from({ length: 5_000 }, () => 1))).toHaveLength(
      100,
    );
  });

  test('a value nested deeper than the stack is refused, not a crash', () => {
    const tree = compiled(own({ properties: { next: { $ref: '#' } } }));
    let value = {};
    for (let level = 0; level < 100_000; level += 1) value = { next: value };
    expect(tree.accepts(value)).toBe(false);
    expect(tree.problems(value)).toEqual([
      { pointer: '', keyword: 'depth', message: 'the value is nested too deep: more than 256 levels' },
    ]);
  });

  test('true accepts everything, false nothing', () => {
    expect(compiled(own(true)).accepts(1)).toBe(true);
    expect(compiled(own(false)).problems(1)).toEqual([
      { pointer: '', keyword: 'false schema', message: 'the value is not allowed' },
    ]);
  });
});

describe('drafts', () => {
  test('2020-12 is the default: prefixItems counts', () => {
    const schema = compiled(own({ prefixItems: [{ type: 'string' }], items: false }));
    expect([schema.accepts(['a']), schema.accepts([1]), schema.accepts(['a', 1])]).toEqual([true, false, false]);
  });

  test('draft-07 by $schema: a list of items counts by position', () => {
    const $schema = 'http://json-schema.org/draft-07/schema#';
    const schema = compiled(
      own({ $schema, items: [{ $ref: '#/definitions/a' }], definitions: { a: { type: 'string' } } }),
    );
    expect([schema.accepts(['a', 1]), schema.accepts([1])]).toEqual([true, false]);
  });

  test('an unknown draft is a flaw of ours, and default for a foreign schema', () => {
    const schema = { $schema: 'https://example.com/draft', type: 'string' };
    expect(flaws(own(schema))).toEqual(['$schema: this draft of JSON Schema is not known here']);
    expect(compiled(foreign(schema)).accepts(1)).toBe(false);
  });
});

describe('a schema that is wrong', () => {
  test.each([
    [
      { type: 'strnig' },
      'type: \'type\' is none of "array", "boolean", "integer", "null", "number", "object", "string"',
    ],
    [{ properties: { a: { required: true } } }, "properties.a.required: 'properties.a.required' must be array"],
    [{ properties: { a: { $ref: '#/$defs/b' } } }, "properties.a.$ref: '#/$defs/b' refers to nothing in this schema"],
    [
      { $ref: 'https://example.com/s' },
      "$ref: 'https://example.com/s' is not in this schema, and other documents are never fetched",
    ],
    [{ $ref: '#' }, ': its references stand for more than 10000 schemas, or lead back to themselves'],
    ['text', ': a schema is an object, true or false'],
  ])('%j', (schema, message) => {
    expect(flaws(own(schema))).toEqual([message]);
  });

  test('a pattern that cannot run in linear time is named where it stands; a property called pattern is no pattern', () => {
    const schema = {
      properties: { pattern: { type: 'string', pattern: '(?=x)' }, b: { patternProperties: { '(a)\\1': true } } },
    };
    expect(flaws(own(schema))).toEqual([
      expect.stringMatching(/^properties\.pattern\.pattern: the pattern cannot run in linear time: /),
      expect.stringMatching(/^properties\.b\.patternProperties\.\(a\)\\1: the pattern cannot run in linear time: /),
    ]);
  });

  test('depth is limited to 64, in a cycle too', () => {
    let deep: object = {};
    for (let level = 0; level < 33; level += 1) deep = { properties: { a: deep } };
    const cycle: { not?: object } = {};
    cycle.not = cycle;
    for (const schema of [deep, cycle]) expect(flaws(own(schema))[0]).toContain('nested deeper than 64 levels');
    for (const schema of [deep, cycle]) expect(foreign(schema).ok).toBe(false);
  });

  test('references that fan out are refused before they are followed', () => {
    const $defs: Record<string, object> = { d0: { type: 'string' } };
    for (let level = 1; level <= 30; level += 1) {
      const $ref = `#/$defs/d${level - 1}`;
      $defs[`d${level}`] = { allOf: [{ $ref }, { $ref }] };
    }
    expect(flaws(own({ $defs, $ref: '#/$defs/d30' }))[0]).toContain('references stand for more than');
  });

  test('a recursive schema and one with anchors are fine', () => {
    const node = { $anchor: 'node', type: 'object', properties: { left: { $ref: '#' }, right: { $ref: '#node' } } };
    const tree = { $ref: '#/$defs/node', $defs: { node: { ...node, additionalProperties: false } } };
    expect(compiled(own(tree)).accepts({ left: { right: {} } })).toBe(true);
    expect(compiled(own(tree)).accepts({ right: { wrong: {} } })).toBe(false);
  });

  test('a reference by name that the engine does not find is said at once', () => {
    const schema = { $anchor: 'node', properties: { a: { $ref: '#node' } } };
    expect(flaws(own(schema))).toEqual([": can't resolve reference #node from id #"]);
    expect(foreign(schema)).toMatchObject({ warnings: [expect.stringContaining('reference #node')] });
    expect(compiled(foreign(schema)).accepts(1)).toBe(true);
  });

  test('a document embedded by $id can be referred to', () => {
    const schema = {
      $id: 'https://example.com/root',
      $ref: 'https://example.com/inner',
      $defs: { i: { $id: 'https://example.com/inner', type: 'string' } },
    };
    expect(compiled(own(schema)).accepts('a')).toBe(true);
    expect(compiled(own(schema)).accepts(1)).toBe(false);
    expect(compiled(own(schema)).accepts('a')).toBe(true);
  });

  test('a foreign schema is used without what is wrong in it, and a warning names that', () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'string', pattern: '(?=x)' }, b: { $ref: 'https://example.com/s' }, c: { type: 'any' } },
    };
    const compilation = foreign(schema);
    expect(compilation).toMatchObject({
      warnings: [
        expect.stringContaining("'properties.a.pattern' is left to the owner"),
        expect.stringContaining("'properties.b.$ref' is left to the owner"),
        expect.stringContaining("'properties.c.type' is left to the owner"),
      ],
    });
    const { accepts } = compiled(compilation);
    expect([accepts({ a: 'y', b: 1, c: 1 }), accepts({ a: 1 })]).toEqual([true, false]);
    expect(schema.properties.a.pattern).toBe('(?=x)');
  });
});

describe('patterns', () => {
  test.each([
    ['^[a-z][a-z0-9_]*$', 'line_1', '1line'],
    ['^\\d{4}-\\d{2}$', '2026-01', '26-1'],
    ['\\u0041$', 'xA', 'xa'],
    ['^\\p{L}+$', 'été', 'e1'],
    ['^(?<year>\\d+)$', '12', 'x'],
  ])('%s means what it means in JavaScript', (pattern, fits, fitsNot) => {
    const { accepts } = compiled(own({ pattern }));
    expect([accepts(fits), accepts(fitsNot)]).toEqual([true, false]);
  });

  test('several in one schema do not stand for each other', () => {
    const schema = { properties: { a: { pattern: '^a$' }, b: { pattern: '^b$' } }, patternProperties: { '^x': false } };
    const { accepts } = compiled(own(schema));
    expect([accepts({ a: 'a', b: 'b' }), accepts({ b: 'a' }), accepts({ x: 1 }), accepts({ a: 'b' })]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  test('one that would take a backtracking engine for ever ends at once', () => {
    expect(compiled(own({ pattern: '^(a+)+$' })).accepts(`${'a'.repeat(50_000)}!`)).toBe(false);
  });
});
