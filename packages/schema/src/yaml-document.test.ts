import fc from 'fast-check';
import { CORE_SCHEMA, dump, load, mergeTag } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { readYaml, type YamlReading } from './yaml-document.ts';

const read = (text: string, maxBytes?: number): YamlReading =>
  readYaml(text, { path: 'm.yaml', codePrefix: 'T', ...(maxBytes === undefined ? {} : { maxBytes }) });
const findings = (text: string): readonly string[] =>
  read(text).diagnostics.map(({ code, position }) => `${code} ${position.line}:${position.column}`);

describe('what a document says', () => {
  test('scalars follow the core schema of YAML 1.2', () => {
    const text =
      'a: 1\nb: 0o17\nc: 0x1F\nd: 1e3\ne: yes\nf: true\ng: ~\nh:\ni: "1"\nj: .5\nk: 1_000\nl: 2026-01-01\nm: -0.5';
    const value = { a: 1, b: 15, c: 31, d: 1000, e: 'yes', f: true, g: null, h: null, i: '1', j: 0.5, k: '1_000' };
    expect(read(text)).toMatchObject({ value: { ...value, l: '2026-01-01', m: -0.5 }, diagnostics: [] });
  });

  test('keys stay the text they were written as', () => {
    expect(read('1.0: a\ntrue: b\n~: c\n? d').value).toEqual({ '1.0': 'a', true: 'b', '~': 'c', d: null });
  });

  test('anchors, aliases and merge keys work as in other readers', () => {
    const text = 'base: &base { a: 1, b: 2 }\nown: { b: 3, <<: *base }\nlist: { <<: [*base, { c: 4 }] }\nsame: *base';
    expect(read(text)).toMatchObject({
      value: { own: { a: 1, b: 3 }, list: { a: 1, b: 2, c: 4 }, same: { a: 1, b: 2 } },
      diagnostics: [],
    });
  });

  test('explicit tags of the core schema count, others are reported and left out', () => {
    const { value, diagnostics } = read(
      'a: !!str 1\nb: !!int "2"\nc: !mine x\nd: !!python/object:os.system [x]\ne: !!map {}',
    );
    expect(value).toEqual({ a: '1', b: 2, c: 'x', d: ['x'], e: {} });
    expect(diagnostics.map(({ code, severity }) => [code, severity])).toEqual([
      ['T_YAML_TAG', 'warning'],
      ['T_YAML_TAG', 'warning'],
    ]);
  });

  test('an empty document is null', () => {
    for (const text of ['', '# nothing', '---', '\ufeff'])
      expect(read(text)).toMatchObject({ value: null, diagnostics: [] });
  });

  test('a member named __proto__ is a member like any other', () => {
    const { value } = read('__proto__: { polluted: true }\nconstructor: x\n<<: { __proto__: { polluted: true } }');
    expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('where things stand', () => {
  const text = 'a:\n  - b: "x"\n    c: [1, { d: |\n      y } ]\nempty:\nalias: &z [q]\nagain: *z\n'.replace(
    '|\n      y',
    'y',
  );
  const { locate } = read(text);

  test.each([
    [['a'], 'value', 2, 3],
    [['a'], 'key', 1, 1],
    [['a', 0], 'value', 2, 5],
    [['a', 0, 'b'], 'value', 2, 8],
    [['a', 0, 'b'], 'key', 2, 5],
    [['a', 0, 'c', 1, 'd'], 'value', 3, 17],
    [['empty'], 'value', 4, 1],
    [['again'], 'value', 6, 8],
    [[], 'value', 1, 1],
  ] as const)('%j by its %s', (path, part, line, column) => {
    expect(locate(path, part)).toEqual({ path: 'm.yaml', line, column });
  });

  test('a path that does not exist has the place of its nearest ancestor', () => {
    expect(locate(['a', 0, 'nope', 'deeper'])).toEqual(locate(['a', 0]));
    expect(locate(['a', 7])).toEqual(locate(['a']));
    expect(locate(['a', 0, 'b', 'x'])).toEqual(locate(['a', 0, 'b']));
  });

  test('lines are counted for every kind of line end', () => {
    expect(read('a: 1\r\nb: 2\rc: 3\n').locate(['c'])).toMatchObject({ line: 3, column: 4 });
  });

  test('a frame shows the line with a caret, and the part around it where the line is long', () => {
    const reading = read(`a: 1\n\tb: ${'x'.repeat(300)}`);
    expect(reading.frame({ path: 'm.yaml', line: 1, column: 4 })).toBe('  1 | a: 1\n    |    ^');
    const [line, caret] = reading.frame({ path: 'm.yaml', line: 2, column: 200 }).split('\n');
    expect(line).toMatch(/^ {2}2 \| …x{100}…$/);
    expect(line?.[caret?.indexOf('^') ?? 0]).toBe('x');
    expect(reading.frame({ path: 'm.yaml', line: 2, column: 3 })).toContain('\n    | \t ^');
    expect(reading.frame({ path: 'm.yaml', line: 99, column: 1 })).toBe('');
  });
});

describe('what is wrong', () => {
  test('a duplicate key is an error at the second one, and the first stays', () => {
    expect(findings('a: 1\nb: { c: 1, c: 2 }\na: 2')).toEqual([
      'T_YAML_DUPLICATE_KEY 2:12',
      'T_YAML_DUPLICATE_KEY 3:1',
    ]);
    expect(read('a: 1\na: 2').value).toEqual({ a: 1 });
  });

  test.each([
    ['a: [1\nb: 2', 'T_YAML_SYNTAX 2:1'],
    ['a:\n\tb: 1', 'T_YAML_SYNTAX 2:1'],
    ['a: 1\n---\nb: 2', 'T_YAML_SYNTAX 3:1'],
    ['a: &x [*x]', 'T_YAML_ALIAS 1:8'],
    ['a: *nothing', 'T_YAML_ALIAS 1:4'],
    ['a: .nan', 'T_YAML_NOT_JSON 1:4'],
    ['? [a]\n: b', 'T_YAML_NOT_JSON 1:3'],
    ['id: 12345678901234567890', 'T_YAML_NUMBER 1:5'],
    ['a: b\u0000', 'T_YAML_NOT_TEXT 1:5'],
    [new TextDecoder().decode(Uint8Array.of(0x61, 0x3a, 0x20, 0xff)), 'T_YAML_NOT_TEXT 1:4'],
    ['['.repeat(500_000), 'T_YAML_TOO_DEEP 1:128'],
    ['- '.repeat(500_000), 'T_YAML_TOO_DEEP 1:257'],
    ['? '.repeat(500_000), 'T_YAML_TOO_DEEP 1:256'],
    ['x'.repeat(1024 * 1024 + 1), 'T_YAML_TOO_LARGE 1:1'],
    ['é'.repeat(600 * 1024), 'T_YAML_TOO_LARGE 1:1'],
  ])('case %# is refused with its place', (text, finding) => {
    expect(findings(text)).toEqual([finding]);
  });

  test('aliases that multiply are refused before they are followed', () => {
    const levels = 'bcdefghij'.split('').map((name, index) => {
      const inner = `*${'abcdefghij'[index]}`;
      return `${name}: &${name} [${Array.from({ length: 9 }, () => inner).join(',')}]`;
    });
    expect(read(`a: &a [x]\n${levels.join('\n')}`)).toMatchObject({
      value: undefined,
      diagnostics: [{ code: 'T_YAML_ALIAS' }],
    });
  });

  test('the limit on size can be set', () => {
    expect(read('a: 1', 4).diagnostics).toEqual([]);
    expect(read('a: 12', 4).diagnostics).toHaveLength(1);
  });

  test('a flood of findings is cut', () => {
    expect(read('a: 1\n'.repeat(10_000)).diagnostics).toHaveLength(50);
  });
});

describe('any text at all', () => {
  const pieces = [
    'a',
    ': ',
    '- ',
    '\n',
    '  ',
    '"',
    "'",
    '[',
    ']',
    '{',
    '}',
    ', ',
    '&x ',
    '*x',
    '!!int ',
    '|\n',
    '>\n',
    '#',
    '?',
    '1',
    '<<',
    '\t',
    '%',
    '---\n',
    '~',
  ];
  const yamlish = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => parts.join(''));

  test('agrees with the library wherever the library accepts it', () => {
    fc.assert(
      fc.property(yamlish, (text) => {
        const { value, diagnostics } = read(text);
        const expected = loaded(text);
        if (diagnostics.length === 0 && expected) expect(withOneNull(value)).toEqual(withOneNull(expected.value));
      }),
      { numRuns: 2_000 },
    );
  });

  test('what was written from data is read as the same data', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.boolean(), (value, flow) => {
        const text = dump(value, { flowLevel: flow ? 1 : -1 });
        expect(read(text)).toMatchObject({ diagnostics: [] });
        expect(JSON.stringify(read(text).value)).toBe(JSON.stringify(load(text)));
      }),
      { numRuns: 500 },
    );
  });

  test('never throws, and every path has a place', () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => new TextDecoder().decode(array));
    fc.assert(
      fc.property(fc.oneof(bytes, yamlish, fc.string({ unit: 'binary' })), fc.array(fc.string()), (text, path) => {
        const reading = read(text);
        const { line, column } = reading.locate(path);
        expect(line).toBeGreaterThan(0);
        expect(column).toBeGreaterThan(0);
        for (const diagnostic of reading.diagnostics) expect(diagnostic.frame).toContain('^');
      }),
      { numRuns: 1_000 },
    );
  });
});

function loaded(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: load(text, { schema: CORE_SCHEMA.withTags(mergeTag) }) };
  } catch {
    return undefined;
  }
}

/** The library turns keys into what they mean and back into text (`~` becomes "null"); here they stay as written. */
function withOneNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((member) => withOneNull(member));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => [
    ['~', '', 'null'].includes(key) ? 'null' : key,
    withOneNull(member),
  ]);
  return Object.fromEntries(members);
}
