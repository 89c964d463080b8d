/** Which of this server's resources a token is for (RFC 8707). */
export type AudienceMatch =
  | { readonly kind: 'whole' }
  /** Only the MCP endpoint of one workspace. */
  | { readonly kind: 'workspace'; readonly workspace: string };

/**
 * What an audience covers; undefined where none of it is this server.
 * @param resource URL of this server, without a trailing slash
 * @param others more names that its operator gave it
 */
export function matchAudience(
  audience: string | readonly string[] | undefined,
  resource: string,
  others: readonly string[],
): AudienceMatch | undefined {
  const named = audience === undefined ? [] : typeof audience === 'string' ? [audience] : audience;
  if (named.some((one) => others.includes(one) || isWhole(one, resource))) return { kind: 'whole' };
  for (const one of named) {
    const workspace = one.startsWith(`${resource}/w/`)
      ? /^([a-z0-9][a-z0-9_-]*)\/mcp$/.exec(one.slice(resource.length + 3))
      : null;
    if (workspace?.[1] !== undefined) return { kind: 'workspace', workspace: workspace[1] };
  }
  return undefined;
}

function isWhole(audience: string, resource: string): boolean {
  return audience === resource || audience === `${resource}/` || audience === `${resource}/mcp`;
}
