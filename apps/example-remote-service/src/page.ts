/** A page of a list: `next_cursor` is null on the last one. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

/** What a list tool may be asked for. */
export interface PageRequest {
  readonly limit?: number;
  /** The `next_cursor` of the page before. */
  readonly cursor?: string;
}

const DEFAULT_LIMIT = 20;

/**
 * One page, newest first. The cursor is the id of the last item given, so that a newcomer neither shifts nor
 * repeats anything. An unknown cursor gives an empty page: what it pointed at is gone.
 */
export function pageNewestFirst<Item extends { readonly id: string }>(
  items: readonly Item[],
  request: PageRequest,
): Page<Item> {
  const end = request.cursor === undefined ? items.length : items.findIndex((item) => item.id === request.cursor);
  const start = Math.max(0, end - (request.limit ?? DEFAULT_LIMIT));
  const page = items.slice(start, Math.max(0, end)).reverse();
  return { items: page, next_cursor: start > 0 ? (page.at(-1)?.id ?? null) : null };
}
