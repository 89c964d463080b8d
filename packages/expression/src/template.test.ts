import type { JsonValue } from '@capstan/sdk';
import { expect, test } from 'vitest';
import { createExpressionLanguage } from './expression-language.ts';
import { readTemplate } from './template.ts';

const language = createExpressionLanguage({ inputs: 'dyn', steps: 'dyn' });
const variables = { inputs: { topic: 'tea', n: 2, list: [1, 2] }, steps: { a: { result: { urls: ['u'] } } } };

function templateOf(value: JsonValue) {
  const reading = readTemplate(language, value);
  if (!reading.ok) throw new Error(reading.problems.map(({ message }) => message).join());
  return reading.template;
}

function evaluate(value: JsonValue): JsonValue {
  return templateOf(value).evaluate(variables);
}

test('an expression that is the whole text keeps its type; in a longer one it is written as text', () => {
  expect(evaluate('${{ inputs.list }}')).toEqual([1, 2]);
  expect(evaluate('${{inputs.n}}')).toBe(2);
  expect(evaluate('about ${{ inputs.topic }}: ${{ inputs.list }} and ${{ inputs.n + 1 }}')).toBe(
    'about tea: [1,2] and 3',
  );
  expect(evaluate(' ${{ inputs.n }}')).toBe(' 2');
});

test('values are filled in wherever they stand, and everything else stays', () => {
  expect(evaluate({ q: ['${{ inputs.topic }}', 1, null, { deep: '${{ steps.a.result }}' }], plain: true })).toEqual({
    q: ['tea', 1, null, { deep: { urls: ['u'] } }],
    plain: true,
  });
  expect(evaluate({ '${{ key }}': 1 })).toEqual({ '${{ key }}': 1 });
});

test('braces and quotes inside an expression do not end it, and a doubled dollar stands for itself', () => {
  expect(evaluate('${{ {"a": {"b": "}}"}} }}')).toEqual({ a: { b: '}}' } });
  expect(evaluate('$${{ inputs.topic }}')).toBe('${{ inputs.topic }}');
  expect(evaluate("x ${{ 'it\\'s }}' }} y")).toBe("x it's }} y");
});

test('what it speaks of is known before it is evaluated', () => {
  const { references, whole } = templateOf('${{ steps.a.result.urls.map(u, u + inputs["topic"]) }}');
  expect(references).toEqual([
    ['steps', 'a', 'result', 'urls'],
    ['inputs', 'topic'],
  ]);
  expect(whole?.type).toBe('list');
  expect(templateOf('${{ steps[inputs.n].result }}').references).toEqual([['steps'], ['inputs', 'n']]);
});

test('all that is wrong is said at once, with its place', () => {
  const reading = readTemplate(language, { a: '${{ 1 + }}', b: ['${{ nobody }}', '${{ open'] });
  expect(reading).toMatchObject({
    ok: false,
    problems: [{ path: ['a'] }, { path: ['b', 0], message: expect.stringContaining('nobody') }, { path: ['b', 1] }],
  });
});

test('an expression without a value fails, and never counts as anything', () => {
  expect(() => evaluate('${{ steps.b.result }}')).toThrow('"steps.b.result" has no value: No such key: b');
  expect(() => evaluate('text ${{ inputs.topic / 2 }}')).toThrow('has no value');
});

test('more expressions than a value may hold are refused', () => {
  const reading = readTemplate(
    language,
    Array.from({ length: 201 }, () => '${{ 1 }}'),
  );
  expect(reading).toMatchObject({ ok: false, problems: [{ message: 'a template has at most 200 expressions' }] });
});
