import type { PythonNames, PythonTranslation } from './python-expression.ts';
import { translatePython } from './python-expression.ts';

/** A text with `{{ expressions }}` and `{% if %}`, in our form, or why it cannot be translated. */
export type JinjaTranslation =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly message: string };

type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly source: string }
  | { readonly kind: 'tag'; readonly word: string; readonly source: string };

const PIECES = /\{\{([\s\S]*?)\}\}|\{%-?([\s\S]*?)-?%\}/g;

/** Translates a Jinja text: values stay values where they are all of it, conditions become one expression. */
export function translateJinja(text: string, names: PythonNames): JinjaTranslation {
  const pieces = piecesOf(text);
  if (pieces.every(({ kind }) => kind === 'text')) return { ok: true, text: escaped(text) };
  try {
    if (!pieces.some(({ kind }) => kind === 'tag')) {
      return { ok: true, text: pieces.map((piece) => plainPiece(piece, names)).join('') };
    }
    const reader = new BlockReader(pieces, names);
    return { ok: true, text: `\${{ ${reader.all()} }}` };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(PIECES)) {
    if (match.index > end) pieces.push({ kind: 'text', text: text.slice(end, match.index) });
    const tag = match[2]?.trim();
    if (tag === undefined) pieces.push({ kind: 'value', source: match[1]?.trim() ?? '' });
    else pieces.push({ kind: 'tag', word: tag.split(/\s/, 1)[0] ?? '', source: tag.replace(/^\S+\s*/, '') });
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ kind: 'text', text: text.slice(end) });
  return pieces;
}

function plainPiece(piece: Piece, names: PythonNames): string {
  return piece.kind === 'value' ? `\${{ ${needed(translatePython(piece.source, names)).value} }}` : textOf(piece);
}

function textOf(piece: Piece): string {
  return piece.kind === 'text' ? escaped(piece.text) : '';
}

function escaped(text: string): string {
  return text.replaceAll('${{', '$${{');
}

function needed(translation: PythonTranslation): Extract<PythonTranslation, { ok: true }> {
  if (!translation.ok) throw new Error(translation.message);
  return translation;
}

/** Reads texts, values and `{% if %}` blocks into one CEL expression that gives a text. */
class BlockReader {
  readonly #pieces: readonly Piece[];
  readonly #names: PythonNames;
  #at = 0;

  constructor(pieces: readonly Piece[], names: PythonNames) {
    this.#pieces = pieces;
    this.#names = names;
  }

  all(): string {
    const block = this.#block();
    const rest = this.#pieces[this.#at];
    if (rest !== undefined) throw new Error(`'{% ${rest.kind === 'tag' ? rest.word : ''} %}' belongs to no '{% if %}'`);
    return block;
  }

  #block(): string {
    const parts: string[] = [];
    for (let piece = this.#pieces[this.#at]; piece !== undefined; piece = this.#pieces[this.#at]) {
      if (piece.kind === 'tag' && piece.word !== 'if') break;
      this.#at += 1;
      parts.push(this.#part(piece));
    }
    return parts.length === 0 ? '""' : parts.join(' + ');
  }

  #part(piece: Piece): string {
    if (piece.kind === 'text') return JSON.stringify(piece.text);
    if (piece.kind === 'value') return `text(${needed(translatePython(piece.source, this.#names)).value})`;
    return `(${this.#choice(piece.source)})`;
  }

  #choice(condition: string): string {
    const when = needed(translatePython(condition, this.#names)).condition;
    const then = this.#block();
    const tag = this.#pieces[this.#at];
    this.#at += 1;
    if (tag?.kind !== 'tag') throw new Error("'{% endif %}' is missing");
    if (tag.word === 'elif') return `${when} ? ${then} : ${this.#choice(tag.source)}`;
    if (tag.word === 'endif') return `${when} ? ${then} : ""`;
    if (tag.word !== 'else') throw new Error(`'{% ${tag.word} %}' is not translated`);
    const other = this.#block();
    const end = this.#pieces[this.#at];
    this.#at += 1;
    if (end?.kind !== 'tag' || end.word !== 'endif') throw new Error("'{% endif %}' is missing");
    return `${when} ? ${then} : ${other}`;
  }
}
