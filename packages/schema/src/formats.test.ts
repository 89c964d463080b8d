import { expect, test } from 'vitest';
import { compileSchema } from './json-schema.ts';

const FORMATS =
  'date time date-time iso-time iso-date-time duration uri uri-reference uri-template url email hostname ipv4 ipv6 regex uuid json-pointer json-pointer-uri-fragment relative-json-pointer byte'.split(
    ' ',
  );

test.each([
  ['url', 'https://a.example/x?y=1#z', true],
  ['url', 'ftp://a.example', true],
  ['url', 'http://user:pw@a.example:8080/', true],
  ['url', 'mailto:a@b.example', false],
  ['url', 'http://', false],
  ['url', 'http://a b', false],
  ['url', 'nonsense', false],
  ['email', 'a@b.example', true],
  ['email', 'a@', false],
  ['date', '2026-02-29', false],
  ['date-time', '2026-02-28T01:02:03Z', true],
  ['uri-template', '/a/{b}', true],
  ['byte', 'aGVsbG8=', true],
  ['byte', 'aGVsbG8', false],
])('%s: %s → %s', (format, text, fits) => {
  expect(fitsFormat(format, text)).toBe(fits);
});

test.each(FORMATS)('%s answers at once, whatever text is made for it', (format) => {
  // A check that backtracks outlasts the time limit of a test.
  for (const size of [8000, 60_000]) {
    for (const text of hostile(size)) expect(fitsFormat(format, text)).toBeTypeOf('boolean');
  }
});

test('a text longer than 8 KiB has no format, but base64 may be a file', () => {
  expect(fitsFormat('uri', `http://a.example/${'a'.repeat(8000)}`)).toBe(true);
  expect(fitsFormat('uri', `http://a.example/${'a'.repeat(8192)}`)).toBe(false);
  expect(fitsFormat('byte', 'aaaa'.repeat(250_000))).toBe(true);
});

test('a schema holds at most 2,000 schemas, of whatever origin, one object at many places included', () => {
  const one = { properties: { a: {} } };
  for (const origin of ['own', 'foreign'] as const) {
    const compilation = compileSchema({ allOf: Array.from({ length: 1000 }, () => one) }, { origin });
    expect(compilation).toMatchObject({
      ok: false,
      problems: [{ path: [], message: 'the schema holds more than 2000 schemas' }],
    });
    expect(compileSchema({ allOf: Array.from({ length: 999 }, () => one) }, { origin }).ok).toBe(true);
  }
});

function fitsFormat(format: string, text: string): boolean {
  const compilation = compileSchema({ type: 'string', format }, { origin: 'own' });
  if (!compilation.ok) throw new Error(JSON.stringify(compilation.problems));
  return compilation.schema.accepts(text);
}

function hostile(size: number): readonly string[] {
  const fill = (unit: string): string => unit.repeat(size / unit.length);
  const long = fill('a');
  return [
    `${long}!`,
    `${fill('a.')}!`,
    fill('a@'),
    `${long}@${long}..`,
    `http://${fill('a:')}@`,
    fill('http://a:'),
    `http://${fill('a-')}`,
    `http://${fill('a.')}..`,
    `http://a/${fill('%41')}%`,
    fill('{'),
    `${fill('{a}')}{`,
    `{a,${fill('a,')}`,
    fill('0'),
    `::${fill('1:')}`,
    `${fill('a-')}.`,
    `${fill('/~0')}~`,
    `P${fill('1Y')}`,
    fill('(a'),
    `${fill('A')}=`,
    `2020-01-01T00:00:00.${fill('0')}`,
  ];
}
