import { expect, test } from 'vitest';
import { FeatureBook } from './feature-book.ts';
import { EMPTY_OFFER, type Offer } from './offer.ts';
import type { NamedUpstream } from './upstream.ts';

const ONE = serverOf('one', {
  prompts: [{ name: 'ask', item: { name: 'ask', title: 'One' } }],
  resources: [{ uri: 'x://a', name: 'a' }],
  templates: [{ uriTemplate: 'x://item/{id}', name: 'item' }],
  instructions: 'First.',
});
const TWO = serverOf('t_wo', {
  prompts: [{ name: 'ask', item: { name: 'ask', title: 'Two' } }],
  resources: [
    { uri: 'x://a', name: 'a' },
    { uri: 'y://b', name: 'b' },
  ],
  templates: [{ uriTemplate: 'y://{kind}/of/{id}.txt', name: 'kinds' }],
  instructions: 'Second.',
});

test('what two servers have alike stays with the first, and is qualified for the second', () => {
  const book = new FeatureBook([ONE, TWO]);
  expect(book.prompts).toEqual([
    { name: 'ask', title: 'One' },
    { name: 't_wo_ask', title: 'Two' },
  ]);
  expect(book.resources.map(({ uri }) => uri)).toEqual(['x://a', 'capstan+t-wo:x://a', 'y://b']);
  expect(book.prompt('t_wo_ask')).toMatchObject({ server: 't_wo', own: 'ask' });
  expect(book.resource('x://a')).toMatchObject({ server: 'one', own: 'x://a' });
  expect(book.resource('capstan+t-wo:x://a')).toMatchObject({ server: 't_wo', own: 'x://a' });
  expect(book.exposedUri('t_wo', 'x://a')).toBe('capstan+t-wo:x://a');
  expect(book.exposedUri('t_wo', 'y://b')).toBe('y://b');
});

test('every listed name and URI leads back to the server that has it', () => {
  const book = new FeatureBook([ONE, TWO]);
  const uris = book.resources.map(({ uri }) => String(uri));
  expect(uris.map((uri) => book.resource(uri)?.server)).toEqual(['one', 't_wo', 't_wo']);
  expect(new Set(uris).size).toBe(uris.length);
  // The qualified form holds even where nobody else has the plain one.
  expect(book.resource('capstan+t-wo:y://b')).toMatchObject({ server: 't_wo', own: 'y://b' });
});

test('a resource that is not listed is found by the template that makes its URI', () => {
  const book = new FeatureBook([ONE, TWO]);
  expect(book.resource('x://item/7')).toMatchObject({ server: 'one', own: 'x://item/7' });
  expect(book.resource('y://kind/of/7.txt')).toMatchObject({ server: 't_wo', own: 'y://kind/of/7.txt' });
  expect(book.resource('y://kind/7.txt')).toBeUndefined();
  expect(new FeatureBook([ONE]).resource('z://any')).toMatchObject({ server: 'one', own: 'z://any' });
});

test('instructions of several servers stand under their names', () => {
  expect(new FeatureBook([ONE]).instructions()).toBe('First.');
  expect(new FeatureBook([ONE, TWO]).instructions()).toBe('## one\n\nFirst.\n\n## t_wo\n\nSecond.');
  expect(new FeatureBook([]).instructions()).toBeUndefined();
});

/** A server that offers this, and is never connected: the book asks it nothing. */
function serverOf(name: string, offer: Partial<Offer>): NamedUpstream {
  return { name, upstream: { offer: { ...EMPTY_OFFER, ...offer } } as NamedUpstream['upstream'] };
}
