import { expect, test } from 'vitest';
import { createExpressionLanguage } from './expression-language.ts';

const language = createExpressionLanguage({
  body: 'dyn',
  status: 'int',
  headers: 'map<string, string>',
  input: 'dyn',
});

const answer = { body: { items: [{ id: 1, name: 'a' }] }, status: 200, headers: { etag: '"x"' }, input: { q: 'z' } };

function evaluate(source: string, variables: Partial<typeof answer> | { readonly body: unknown } = {}): unknown {
  const reading = language.read(source);
  if (!reading.ok) throw new Error(reading.message);
  return reading.expression.evaluate({ ...answer, ...variables } as typeof answer);
}

test('an expression picks, filters and shapes an answer', () => {
  expect(evaluate('body.items.map(i, {"id": i.id, "label": i.name + "!"})')).toEqual([{ id: 1, label: 'a!' }]);
  expect(evaluate('body.items.filter(i, i.id == 2)')).toEqual([]);
  expect(evaluate('status == 200 && headers["etag"] == "\\"x\\"" && input.q == "z"')).toBe(true);
  expect(evaluate('body.?next.orValue(null)')).toBe(null);
});

test('results are JSON: integers are numbers where they fit, times and bytes are text', () => {
  expect(evaluate('size(body.items)')).toBe(1);
  expect(evaluate('9223372036854775807')).toBe('9223372036854775807');
  expect(evaluate('timestamp("2024-01-01T00:00:00Z")')).toBe('2024-01-01T00:00:00.000Z');
  expect(evaluate('b"hi"')).toBe('aGk=');
  expect(() => evaluate('duration("1s")')).toThrow('not JSON');
});

test('a missing key is an error with its name, and never an inherited member', () => {
  expect(() => evaluate('body.absent')).toThrow('No such key: absent');
  expect(() => evaluate('body.constructor')).toThrow('No such key');
  expect(() => evaluate('body["__proto__"]')).toThrow('No such key');
});

test.each(['1 +', 'nobody.knows', '"a" + 1', `"${'x'.repeat(5_000)}"`, `${'('.repeat(200)}1${')'.repeat(200)}`])(
  'what is no expression is refused before any call: %.20s',
  (source) => {
    expect(language.read(source)).toMatchObject({ ok: false });
  },
);

test('nested macros and patterns that backtrack end by time', () => {
  const list = Array.from({ length: 30_000 }, (_, index) => index);
  expect(() => evaluate('body.map(a, body.map(b, b)).size()', { body: list })).toThrow('took longer than');
  expect(() => evaluate('body.matches("^(a+)+$")', { body: `${'a'.repeat(50)}!` })).toThrow('took longer than');
  expect(evaluate('size(body)', { body: list })).toBe(30_000);
});

test('a small result that stands for a huge one is refused', () => {
  const tenfold = Array.from({ length: 9 }, (_, n) => `cel.bind(v${n + 1}, [${Array(10).fill(`v${n}`).join()}], `);
  expect(() => evaluate(`cel.bind(v0, [1], ${tenfold.join('')} v9${')'.repeat(10)}`)).toThrow(/too large|took longer/);
});

test('the numbers of JSON and those of an expression add up', () => {
  expect(evaluate('body.items[0].id + 1')).toBe(2);
  expect(evaluate('2 * body.items[0].id / 4')).toBe(0.5);
  expect(evaluate('status + 1')).toBe(201);
  expect(() => evaluate('body.items[0].name * 2')).toThrow('no such overload');
});

test('an expression says what it speaks of and what it gives', () => {
  const reading = language.read('body.items[0].id > 1 && has(input.q) && headers["etag"] != ""');
  expect(reading).toMatchObject({
    ok: true,
    expression: {
      type: 'bool',
      references: [
        ['body', 'items'],
        ['input', 'q'],
        ['headers', 'etag'],
      ],
    },
  });
});

test('two functions beyond CEL: whether there is anything in a value, and a value as text', () => {
  expect(
    evaluate('[truthy(body), truthy(""), truthy(null), truthy([]), truthy({}), truthy(0), truthy({"a": 1})]'),
  ).toEqual([true, false, false, false, false, false, true]);
  expect(evaluate('text(input.q) + text(body.items)')).toBe('z[{"id":1,"name":"a"}]');
});
