import { Lexer } from 'yaml';

// What the lexer says before a scalar: the token that follows is text, whatever it looks like.
const SCALAR_FOLLOWS = '\u001f';
const MARKERS: ReadonlySet<string> = new Set(['\u0002', '\u0018', SCALAR_FOLLOWS]);
const INDICATORS: ReadonlySet<string> = new Set(['-', '?', ':']);
const BRACKETS: Readonly<Record<string, number>> = Object.assign(Object.create(null), {
  '[': 1,
  '{': 1,
  ']': -1,
  '}': -1,
});

/**
 * The offset where a text nests deeper than a limit by brackets, or by block indicators one behind the other on a line.
 * The parser's time and stack grow faster than that depth, so this looks first. (Depth by indentation needs so many
 * spaces that the limit on the file's size bounds it.)
 */
export function nestedTooDeep(text: string, limit: number): number | undefined {
  let offset = 0;
  let brackets = 0;
  let indicators = 0;
  let previous = '';
  for (const token of new Lexer().lex(text)) {
    if (previous !== SCALAR_FOLLOWS) {
      brackets += BRACKETS[token] ?? 0;
      if (INDICATORS.has(token)) indicators += 1;
      else if (token.endsWith('\n')) indicators = 0;
      if (brackets > limit || (brackets <= 0 && indicators > limit)) return offset;
    }
    if (!MARKERS.has(token)) offset += token.length;
    previous = token;
  }
  return undefined;
}
