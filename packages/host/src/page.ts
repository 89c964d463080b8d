import { CapstanError } from '@capstan/sdk';
import type { Page } from './host.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** One page. The cursor is the name of the last item, so that a change of the list moves no page boundary by more than itself. */
export function pageOf<Item extends { readonly exposedName: string }>(
  items: readonly Item[],
  query: { readonly cursor?: string; readonly limit?: number },
): Page<Item> {
  const limit = Math.min(Math.max(1, query.limit ?? DEFAULT_LIMIT), MAX_LIMIT);
  const start = query.cursor === undefined ? 0 : startAfter(items, query.cursor);
  const page = items.slice(start, start + limit);
  const last = page.at(-1);
  if (!last || start + limit >= items.length) return { items: page };
  return { items: page, nextCursor: Buffer.from(last.exposedName).toString('base64url') };
}

function startAfter(items: readonly { readonly exposedName: string }[], cursor: string): number {
  const name = Buffer.from(cursor, 'base64url').toString();
  const index = items.findIndex(({ exposedName }) => exposedName === name);
  if (index >= 0) return index + 1;
  throw new CapstanError('CAPSTAN_INVALID_REQUEST', 'the cursor belongs to no item of this list', {
    hint: 'Begin again without a cursor: the list changed meanwhile.',
  });
}
