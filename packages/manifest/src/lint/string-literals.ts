/** A text in quotes in a source file. */
export interface StringLiteral {
  /** As written, without the quotes; escapes are not decoded. */
  readonly text: string;
  /** The offset of its first character. */
  readonly start: number;
  /** The name that it is given to, where the same line says so: `api_key = "…"`, `token: '…'`. */
  readonly name?: string;
  /** A text over several lines, as documentation is. */
  readonly isLong: boolean;
}

/** How a language writes comments and long texts. */
export interface Notation {
  readonly lineComment: string;
  readonly blockComment?: readonly [string, string];
  /** Quotes of texts that may span lines, the longest first. */
  readonly longQuotes: readonly string[];
}

export const SCRIPT: Notation = { lineComment: '//', blockComment: ['/*', '*/'], longQuotes: ['`'] };
export const PYTHON: Notation = { lineComment: '#', longQuotes: ['"""', "'''"] };

const NAME_BEFORE = /([A-Za-z_$][\w$-]*)['"]?\]?\s*(?::\s*[\w.<>| ]+)?\s*[:=]\s*[rbfu]?$/i;
const MAX_BEFORE = 120;

/**
 * Finds the texts in quotes of a source file, and skips comments. It does not parse: a quote inside a regular expression
 * may open a text, which then ends with its line.
 */
export function stringLiterals(source: string, notation: Notation): readonly StringLiteral[] {
  const literals: StringLiteral[] = [];
  let at = 0;
  while (at < source.length) {
    const comment = endOfComment(source, at, notation);
    if (comment !== undefined) at = comment;
    else {
      const literal = literalAt(source, at, notation);
      if (literal) literals.push(literal.value);
      at = literal?.end ?? at + 1;
    }
  }
  return literals;
}

function endOfComment(source: string, at: number, { lineComment, blockComment }: Notation): number | undefined {
  if (source.startsWith(lineComment, at)) return indexOrEnd(source, '\n', at);
  if (!blockComment || !source.startsWith(blockComment[0], at)) return undefined;
  return indexOrEnd(source, blockComment[1], at + blockComment[0].length) + blockComment[1].length;
}

function literalAt(
  source: string,
  at: number,
  { longQuotes }: Notation,
): { value: StringLiteral; end: number } | undefined {
  const long = longQuotes.find((quote) => source.startsWith(quote, at));
  const quote = long ?? (source[at] === '"' || source[at] === "'" ? source[at] : undefined);
  if (quote === undefined) return undefined;
  const start = at + quote.length;
  const end = endOfLiteral(source, start, quote, long !== undefined);
  const name = NAME_BEFORE.exec(lineBefore(source, at))?.[1];
  const text = source.slice(start, end);
  const value = {
    text,
    start,
    isLong: text.includes('\n') || quote.length > 1,
    ...(name === undefined ? {} : { name }),
  };
  return { value, end: end + quote.length };
}

function endOfLiteral(source: string, start: number, quote: string, isLong: boolean): number {
  let at = start;
  while (at < source.length && !source.startsWith(quote, at)) {
    if (source[at] === '\n' && !isLong) return at;
    at += source[at] === '\\' ? 2 : 1;
  }
  return Math.min(at, source.length);
}

function lineBefore(source: string, at: number): string {
  const before = source.slice(Math.max(at - MAX_BEFORE, 0), at);
  return before.slice(before.lastIndexOf('\n') + 1);
}

function indexOrEnd(source: string, wanted: string, from: number): number {
  const at = source.indexOf(wanted, from);
  return at === -1 ? source.length : at;
}
