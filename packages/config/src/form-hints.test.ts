import { expect, test } from 'vitest';
import { formHints } from './form-hints.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-placeholder': 'eu', 'x-group': 'Place' },
    base_url: { type: 'string', 'x-order': 1, 'x-group': 'Account', 'x-help-url': 'https://docs.example/url' },
    api_token: { type: 'string', 'x-secret': true, 'x-order': 2, 'x-group': 'Account' },
    proxies: {
      type: 'array',
      items: { type: 'object', properties: { host: {}, password: { format: 'password' } } },
    },
  },
};

test('fields stand in their order and together with their group, secrets are password fields', () => {
  expect(formHints(SCHEMA)).toEqual({
    'ui:order': ['region', 'base_url', 'api_token', 'proxies', '*'],
    region: { 'ui:placeholder': 'eu', 'ui:options': { group: 'Place' } },
    base_url: {
      'ui:help': 'https://docs.example/url',
      'ui:options': { group: 'Account', helpUrl: 'https://docs.example/url' },
    },
    api_token: { 'ui:widget': 'password', 'ui:options': { group: 'Account' } },
    proxies: { items: { 'ui:order': ['host', 'password', '*'], password: { 'ui:widget': 'password' } } },
  });
});

test('without groups the order of the schema stands behind x-order', () => {
  const properties = { last: {}, second: { 'x-order': 2 }, first: { 'x-order': 1 }, later: {} };
  expect(formHints({ properties })['ui:order']).toEqual(['first', 'second', 'last', 'later', '*']);
});

test('what a pack says itself counts, and the rest stays', () => {
  const hints = formHints(SCHEMA, { region: { 'ui:placeholder': 'us' }, 'ui:title': 'Account' });
  expect(hints.region).toEqual({ 'ui:placeholder': 'us', 'ui:options': { group: 'Place' } });
  expect(hints.api_token).toMatchObject({ 'ui:widget': 'password' });
  expect(hints['ui:title']).toBe('Account');
});

test('a schema without properties has no hints', () => {
  expect(formHints({ type: 'object' })).toEqual({});
});
