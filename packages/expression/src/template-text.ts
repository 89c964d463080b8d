/** A part of a text: as it stands, or the source of an expression. */
export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'expression'; readonly source: string };

/** The parts of a text, or what is wrong with it. */
export type TextSplit =
  | { readonly ok: true; readonly parts: readonly TextPart[] }
  | { readonly ok: false; readonly message: string };

const OPENING = '${{';

/** Splits a text at its `${{ expressions }}`. An end is looked for outside of the quotes and braces of the expression. */
export function splitText(text: string): TextSplit {
  const parts: TextPart[] = [];
  let literal = '';
  let at = 0;
  while (at < text.length) {
    const opening = text.indexOf(OPENING, at);
    if (opening === -1) break;
    if (text[opening - 1] === '$' && opening > at) {
      literal += text.slice(at, opening - 1) + OPENING;
      at = opening + OPENING.length;
      continue;
    }
    literal += text.slice(at, opening);
    const end = endOf(text, opening + OPENING.length);
    if (end === undefined) return { ok: false, message: 'an expression begins with ${{ and does not end with }}' };
    if (literal !== '') parts.push({ kind: 'text', text: literal });
    literal = '';
    parts.push({ kind: 'expression', source: text.slice(opening + OPENING.length, end).trim() });
    at = end + 2;
  }
  literal += text.slice(at);
  if (literal !== '' || parts.length === 0) parts.push({ kind: 'text', text: literal });
  return { ok: true, parts };
}

function endOf(text: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"' || character === "'") {
      at = endOfQuote(text, at);
    } else if (character === '{') {
      depth += 1;
    } else if (character === '}') {
      if (depth === 0) return text[at + 1] === '}' ? at : undefined;
      depth -= 1;
    }
  }
  return undefined;
}

function endOfQuote(text: string, start: number): number {
  const quote = text[start];
  let at = start + 1;
  while (at < text.length && text[at] !== quote) at += text[at] === '\\' ? 2 : 1;
  return at;
}
