import { expect, test } from 'vitest';
import { resolveText, type TextRequest } from './resolve-text.ts';

const request: TextRequest = {
  text: 'plain',
  name: 'keys.ci.value',
  references: 'operator',
  variables: { CI_KEY: 'geheim-1', CAPSTAN_MASTER_KEY: 'k' },
  readFile: () => 'from file\n',
};

test('a text is resolved by the rules of config', () => {
  expect(resolveText(request)).toEqual({ ok: true, value: 'plain', isReference: false });
  expect(resolveText({ ...request, text: 'env:CI_KEY' })).toEqual({ ok: true, value: 'geheim-1', isReference: true });
  expect(resolveText({ ...request, text: 'file:/run/x' })).toEqual({ ok: true, value: 'from file', isReference: true });
});

test('a refusal names the text by its name', () => {
  expect(resolveText({ ...request, text: 'env:GONE' })).toMatchObject({
    problem: {
      key: 'keys.ci.value',
      code: 'CAPSTAN_UNRESOLVED_REFERENCE',
      message: 'keys.ci.value: the variable GONE is not set',
    },
  });
  const none = { variables: [], files: [] };
  expect(resolveText({ ...request, text: 'env:CI_KEY', references: none })).toMatchObject({
    problem: { code: 'CAPSTAN_REFERENCE_FORBIDDEN' },
  });
  expect(resolveText({ ...request, text: 'env:CAPSTAN_MASTER_KEY' })).toMatchObject({
    problem: { code: 'CAPSTAN_REFERENCE_FORBIDDEN' },
  });
});
