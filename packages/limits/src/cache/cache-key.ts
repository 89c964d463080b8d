/** What an entry belongs to: by each of these it can be cleared. */
export interface CacheScope {
  readonly workspace: string;
  readonly tool: string;
  readonly connection: string;
  readonly tags: readonly string[];
  /** A digest of the arguments: the same ones of every caller are cleared together. */
  readonly arguments: string;
}

/** The key of an entry. */
export interface CacheKey {
  /** The same for the same question, and for no other. */
  readonly id: string;
  readonly scope: CacheScope;
}

/** What is cleared. */
export type Invalidation =
  | { readonly by: 'everything' }
  | { readonly by: 'workspace'; readonly workspace: string }
  | { readonly by: 'tool'; readonly workspace: string; readonly tool: string }
  | { readonly by: 'connection'; readonly workspace: string; readonly connection: string }
  | { readonly by: 'tag'; readonly workspace: string; readonly tag: string }
  | { readonly by: 'arguments'; readonly workspace: string; readonly tool: string; readonly arguments: string }
  | { readonly by: 'entry'; readonly id: string };

/** The marks of an entry: whatever is cleared has one mark, and reaches the entries that have it. */
export function marksOf({ id, scope }: CacheKey): readonly string[] {
  const { workspace, tool, connection, tags, arguments: given } = scope;
  return [
    markOf({ by: 'everything' }),
    markOf({ by: 'workspace', workspace }),
    markOf({ by: 'tool', workspace, tool }),
    markOf({ by: 'connection', workspace, connection }),
    ...tags.map((tag) => markOf({ by: 'tag', workspace, tag })),
    markOf({ by: 'arguments', workspace, tool, arguments: given }),
    markOf({ by: 'entry', id }),
  ];
}

/** The mark of what is cleared. Parts are written as JSON, so that none can pass for two. */
export function markOf(invalidation: Invalidation): string {
  switch (invalidation.by) {
    case 'everything':
      return '*';
    case 'workspace':
      return JSON.stringify(['workspace', invalidation.workspace]);
    case 'tool':
      return JSON.stringify(['tool', invalidation.workspace, invalidation.tool]);
    case 'connection':
      return JSON.stringify(['connection', invalidation.workspace, invalidation.connection]);
    case 'tag':
      return JSON.stringify(['tag', invalidation.workspace, invalidation.tag]);
    case 'arguments':
      return JSON.stringify(['arguments', invalidation.workspace, invalidation.tool, invalidation.arguments]);
    case 'entry':
      return JSON.stringify(['entry', invalidation.id]);
  }
}
