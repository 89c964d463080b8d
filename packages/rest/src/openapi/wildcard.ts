/**
 * Whether a text matches a pattern: `*` stands for anything but a slash, `**` for anything at all. Everything else is
 * itself, braces too. Its time is the product of the two lengths.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  const tokens = pattern.split(/(\*\*|\*)/).filter((token) => token !== '');
  let ends = new Set([0]);
  for (const token of tokens) {
    ends = token.startsWith('*') ? spread(ends, text, token === '*') : step(ends, text, token);
  }
  return ends.has(text.length);
}

function step(starts: ReadonlySet<number>, text: string, literal: string): Set<number> {
  return new Set([...starts].filter((start) => text.startsWith(literal, start)).map((start) => start + literal.length));
}

function spread(starts: ReadonlySet<number>, text: string, stopsAtSlash: boolean): Set<number> {
  const ends = new Set<number>();
  let isReached = false;
  for (let at = 0; at <= text.length; at += 1) {
    isReached ||= starts.has(at);
    if (isReached) ends.add(at);
    if (stopsAtSlash && text[at] === '/') isReached = false;
  }
  return ends;
}
