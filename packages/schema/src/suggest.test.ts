import { expect, test } from 'vitest';
import { suggest } from './suggest.ts';

const words = ['input_schema', 'output_schema', 'tools', 'type'];

test.each([
  ['input_shema', 'input_schema'],
  ['tool', 'tools'],
  ['Tools', 'tools'],
  ['typ', 'type'],
  ['banana', undefined],
  ['', undefined],
  ['tpye', 'type'],
  ['otols', 'tools'],
  ['epyt', undefined],
])('%j is meant to be %j', (word, meant) => {
  expect(suggest(word, words)).toBe(meant);
});
