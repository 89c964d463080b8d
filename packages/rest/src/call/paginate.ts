import { CapstanError, type JsonObject, type JsonValue } from '@capstan/sdk';
import type { AnswerVariables } from '../answer-expression.ts';
import type { NextPage, Pagination } from '../backend/http-backend.ts';
import type { PlannedRequest } from '../request/plan-request.ts';
import { nextRequest } from './follow.ts';
import { evaluate } from './read-answer.ts';

/** Where a page is: the arguments that ask for it, or its request. */
export type PagePlace =
  | { readonly kind: 'arguments'; readonly input: JsonObject }
  | { readonly kind: 'request'; readonly request: PlannedRequest };

/** One page as it was read. */
export interface Page {
  readonly request: PlannedRequest;
  readonly variables: AnswerVariables;
}

/** Everything that several pages gave. */
export interface PagedItems {
  readonly items: readonly JsonValue[];
  readonly pages: number;
  /** Whether there was nothing more; false where a limit ended it. */
  readonly complete: boolean;
  /** What the paging argument has to be to go on, where an argument asks for pages. */
  readonly next?: JsonValue;
}

/** Reads page after page, until there are no more or a limit is reached. A page is never cut: `next` misses nothing. */
export async function readPages(
  { next, items, maxPages, maxItems }: Pagination,
  input: JsonObject,
  readPage: (place: PagePlace, number: number) => Promise<Page>,
): Promise<PagedItems> {
  const collected: JsonValue[] = [];
  let place: PagePlace = { kind: 'arguments', input: firstInput(next, input) };
  for (let pages = 1; ; pages += 1) {
    const page = await readPage(place, pages);
    const found = itemsIn(evaluate(items, page.variables));
    for (const item of found) collected.push(item);
    const following = placeAfter(next, page, { place, found: found.length });
    if (following === undefined) return { items: collected, pages, complete: true };
    if (pages >= maxPages || collected.length >= maxItems) {
      return { items: collected, pages, complete: false, ...argumentOf(next, following) };
    }
    place = following;
  }
}

function firstInput(next: NextPage, input: JsonObject): JsonObject {
  if (next.kind !== 'page' && next.kind !== 'offset') return input;
  return { ...input, [next.argument]: numberOf(input[next.argument]) ?? next.start };
}

interface Progress {
  readonly place: PagePlace;
  readonly found: number;
}

function placeAfter(next: NextPage, page: Page, { place, found }: Progress): PagePlace | undefined {
  switch (next.kind) {
    case 'link': {
      const url = nextLink(page.variables.headers.link);
      return url === undefined ? undefined : { kind: 'request', request: nextRequest(page.request, url) };
    }
    case 'url': {
      const url = evaluate(next.next, page.variables);
      if (typeof url !== 'string' || url === '') return undefined;
      return { kind: 'request', request: nextRequest(page.request, url) };
    }
    case 'cursor':
      return withArgument(place, next.argument, evaluate(next.next, page.variables));
    case 'page':
    case 'offset': {
      if (found === 0 || (next.size !== undefined && found < next.size)) return undefined;
      const current = place.kind === 'arguments' ? numberOf(place.input[next.argument]) : undefined;
      return withArgument(place, next.argument, (current ?? next.start) + (next.kind === 'page' ? 1 : found));
    }
  }
}

/** `undefined` at the end: no cursor, or the same one again, which would go on for ever. */
function withArgument(place: PagePlace, name: string, value: JsonValue): PagePlace | undefined {
  if (value === null || value === '' || value === false || place.kind === 'request') return undefined;
  if (place.input[name] === value) return undefined;
  return { kind: 'arguments', input: { ...place.input, [name]: value } };
}

function argumentOf(next: NextPage, place: PagePlace): Pick<PagedItems, 'next'> {
  if (place.kind === 'request' || !('argument' in next)) return {};
  const value = place.input[next.argument];
  return value === undefined ? {} : { next: value };
}

function numberOf(value: JsonValue | undefined): number | undefined {
  const number = typeof value === 'string' ? Number.parseInt(value, 10) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

function itemsIn(value: JsonValue): readonly JsonValue[] {
  if (Array.isArray(value)) return value;
  if (value === null) return [];
  throw new CapstanError('CAPSTAN_REMOTE_INVALID_RESPONSE', 'The answer of the service has no list of items.', {
    hint: 'Say in pagination.items of the tool where an answer has them, such as items: body.results.',
  });
}

/** The target of `rel="next"` (RFC 8288, section 3). */
function nextLink(header: string | undefined): string | undefined {
  for (const [, target, parameters = ''] of (header ?? '').matchAll(
    /<([^<>]*)>((?:\s*;\s*[\w!#$&+.^`|~-]+(?:\s*=\s*(?:"[^"]*"|[^\s",;]+))?)*)/g,
  )) {
    const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))/i.exec(parameters);
    const names = (relation?.[1] ?? relation?.[2] ?? '').toLowerCase().split(/\s+/);
    if (names.includes('next')) return target;
  }
  return undefined;
}
