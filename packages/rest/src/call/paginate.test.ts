import { createSecret } from '@capstan/schema';
import type { ToolProgress } from '@capstan/sdk';
import { expect, test } from 'vitest';
import type { HttpBackendSpec, PaginationSpec } from '../backend/http-backend-spec.ts';
import { type LoopbackService, loopbackService, type Reply } from '../loopback-service.test.support.ts';
import { callBackend, connectionTo, contextOf, errorOf } from '../test-call.test.support.ts';

/** A service with the items 1 to 7, three on a page. */
function pagedService(
  reply: (page: number, items: readonly number[], more: boolean) => Reply,
): Promise<LoopbackService> {
  return loopbackService(({ target }) => {
    const query = new URL(target, 'http://x').searchParams;
    const page = Number(query.get('page') ?? query.get('cursor')?.slice(1) ?? Number(query.get('offset') ?? 0) / 3 + 1);
    const items = [1, 2, 3, 4, 5, 6, 7].slice((page - 1) * 3, page * 3);
    return reply(page, items, page * 3 < 7);
  });
}

const PAGES: readonly [PaginationSpec, (page: number, items: readonly number[], more: boolean) => Reply][] = [
  [
    { type: 'cursor', argument: 'cursor', next: 'body.next', items: 'body.items' },
    (page, items, more) => ({ body: { items, next: more ? `c${page + 1}` : null } }),
  ],
  [{ type: 'page', argument: 'page', size: 3 }, (_page, items) => ({ body: items })],
  [{ type: 'page', argument: 'page' }, (_page, items) => ({ body: items })],
  [{ type: 'offset', argument: 'offset', items: 'body.data' }, (_page, items) => ({ body: { data: items } })],
  [
    { type: 'link' },
    (page, items, more) => ({
      headers: more ? { link: `</x?page=1>; rel="prev", </x?page=${page + 1}>; title="a, b"; rel="last next"` } : {},
      body: items,
    }),
  ],
  [
    { type: 'url', next: 'body.?next.orValue(null)', items: 'body.items' },
    (page, items, more) => ({ body: { items, ...(more ? { next: `?page=${page + 1}` } : {}) } }),
  ],
];

test.each(PAGES)('all pages are read: %j', async (pagination, reply) => {
  const service = await pagedService(reply);
  const result = await callBackend({ url: `${service.url}/x`, pagination }, { q: 'a' });
  expect(result).toMatchObject({ items: [1, 2, 3, 4, 5, 6, 7], complete: true });
  expect(service.received[0]?.target).toContain('q=a');
});

test.each(PAGES)('a limit ends it, and says what asks for more: %j', async (pagination, reply) => {
  const service = await pagedService(reply);
  const next = { cursor: 'c2', page: 2, offset: 3, link: undefined, url: undefined }[pagination.type];
  for (const limit of [{ max_pages: 1 }, { max_items: 2 }]) {
    const result = await callBackend({ url: `${service.url}/x`, pagination: { ...pagination, ...limit } }, {});
    expect(result).toEqual({ items: [1, 2, 3], pages: 1, complete: false, ...(next === undefined ? {} : { next }) });
  }
});

test('a call may begin at a later page, and hears of progress', async () => {
  const service = await pagedService((_page, items) => ({ body: items }));
  const steps: ToolProgress[] = [];
  const context = contextOf({ progress: (step) => steps.push(step) });
  const spec: HttpBackendSpec = { url: `${service.url}/x`, pagination: { type: 'page', argument: 'page', size: 3 } };
  expect(await callBackend(spec, { page: 2 }, { context })).toMatchObject({ items: [4, 5, 6, 7] });
  expect(steps).toEqual([{ progress: 1, message: 'page 2' }]);
});

test('response.pick shapes the collected items', async () => {
  const service = await pagedService((_page, items) => ({ body: items }));
  const spec: HttpBackendSpec = {
    url: `${service.url}/x`,
    pagination: { type: 'page', argument: 'page' },
    response: { pick: 'body.items.filter(i, i > 5)' },
  };
  expect(await callBackend(spec, {})).toEqual([6, 7]);
});

test('a service that names the same cursor for ever is not asked for ever', async () => {
  const service = await loopbackService(() => ({ body: { items: [1], next: 'same' } }));
  const pagination: PaginationSpec = { type: 'cursor', argument: 'cursor', next: 'body.next', items: 'body.items' };
  expect(await callBackend({ url: `${service.url}/x`, pagination }, {})).toMatchObject({
    items: [1, 1],
    pages: 2,
    complete: true,
  });
});

test('a next page at another host is not asked for: it would get the credentials', async () => {
  const other = await loopbackService(() => ({ body: [] }));
  const service = await loopbackService(() => ({ headers: { link: `<${other.url}/x>; rel=next` }, body: [1] }));
  const connection = connectionTo(service.url, { auth: { type: 'bearer', token: createSecret('s3cret-token') } });
  const error = await errorOf(callBackend({ url: '/x', pagination: { type: 'link' } }, {}, { connection }));
  expect(error).toMatchObject({ code: 'CAPSTAN_EGRESS_DENIED' });
  expect(other.received.length).toBe(0);
});

test('an answer without a list of items is an error', async () => {
  const service = await loopbackService(() => ({ body: { items: 'many' } }));
  const pagination: PaginationSpec = { type: 'link', items: 'body.items' };
  expect(await errorOf(callBackend({ url: `${service.url}/x`, pagination }, {}))).toMatchObject({
    code: 'CAPSTAN_REMOTE_INVALID_RESPONSE',
  });
});
