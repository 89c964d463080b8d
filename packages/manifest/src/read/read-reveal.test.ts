import { expect, test } from 'vitest';
import { findings, load } from '../loading.test.support.ts';

const manifest = (reveal: string): string => `code: sample
version: 1.0.0
config: { schema: [{ name: url, secret: true }, { name: region }] }
reveal: ${reveal}
tools: [{ name: a, backend: "./a.js:b" }]
`;

test('secret settings may be revealed to the code of the pack', () => {
  expect(load(manifest('[url]')).manifest?.reveal).toEqual(['url']);
  expect(findings(manifest('[url]'))).toEqual([]);
});

test('what is no setting, and what is no secret, is told with its place', () => {
  expect(findings(manifest('[ulr, region, url]'))).toEqual([
    expect.stringMatching(/^REFERENCE_UNKNOWN 4:10\b/),
    expect.stringMatching(/^VALUE 4:15\b/),
  ]);
});
