/** Which part of a list is asked for. */
export interface PageRequest {
  /** 1 to {@link MAX_PAGE_SIZE}. Default {@link DEFAULT_PAGE_SIZE}. */
  readonly limit?: number;
  /** {@link Page.nextCursor} of the page before. */
  readonly cursor?: string;
}

/** Part of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Absent on the last page. */
  readonly nextCursor?: string;
}

export const DEFAULT_PAGE_SIZE = 100;
export const MAX_PAGE_SIZE = 1000;

/** How many items a page has. */
export function pageSize({ limit = DEFAULT_PAGE_SIZE }: PageRequest): number {
  return Math.min(Math.max(Math.trunc(limit), 1), MAX_PAGE_SIZE);
}

/** A page of what was read with one item more than fits. */
export function pageOf<Item>(read: readonly Item[], size: number, cursorOf: (item: Item) => string): Page<Item> {
  const items = read.slice(0, size);
  const last = items.at(-1);
  return read.length > size && last !== undefined ? { items, nextCursor: cursorOf(last) } : { items };
}
