import { isAbsolute } from 'node:path';

/** A piece of text: literal, or a variable with an optional fallback. */
export type ReferenceSegment = string | VariableSegment;

/** `${NAME}` or `${NAME:-fallback}`. */
export interface VariableSegment {
  readonly name: string;
  readonly fallback?: readonly ReferenceSegment[];
}

/** A text of the config, parsed: what it refers to. */
export type ParsedText =
  | { readonly kind: 'literal' }
  /** `env:NAME`, `${NAME}` and text with such parts. */
  | { readonly kind: 'variables'; readonly segments: readonly ReferenceSegment[]; readonly form: 'env' | 'text' }
  | { readonly kind: 'file'; readonly path: string }
  /** The reason never holds the text: it may be a secret. */
  | { readonly kind: 'malformed'; readonly reason: string };

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const OPENING = /\$\{([A-Za-z_][A-Za-z0-9_]*)([}:])/y;
const MAX_NESTING = 16;
const ELISION = '…';

/**
 * Finds the references in a text. `env:` and `file:` count only as the whole text, `${NAME}` anywhere.
 * What is not of the form `${NAME}` or `${NAME:…}`, such as `${config.key}` and `${{ … }}`, is literal.
 */
export function parseReferences(text: string): ParsedText {
  if (text.startsWith('env:')) return parseVariable(text.slice('env:'.length));
  if (text.startsWith('file:')) return parseFile(text.slice('file:'.length));
  if (!text.includes('${')) return { kind: 'literal' };
  const scan: Scan = { text, at: 0 };
  const parsed = parseSegments(scan, 0);
  if (typeof parsed === 'string') return { kind: 'malformed', reason: parsed };
  const hasReference = parsed.some((segment) => typeof segment !== 'string');
  return hasReference ? { kind: 'variables', segments: parsed, form: 'text' } : { kind: 'literal' };
}

/** Whether a text is or holds a reference, a malformed one too. */
export function holdsReference(text: string): boolean {
  return parseReferences(text).kind !== 'literal';
}

/** The names of all variables in a text, those in fallbacks too. */
export function variableNames(segments: readonly ReferenceSegment[]): readonly string[] {
  return segments.flatMap((segment) =>
    typeof segment === 'string' ? [] : [segment.name, ...variableNames(segment.fallback ?? [])],
  );
}

/** The reference as a person may see it. `concealed`: all literal text is cut, for it is part of a secret. */
export function describeReference(text: string, concealed: boolean): string | undefined {
  const parsed = parseReferences(text);
  if (parsed.kind === 'literal' || parsed.kind === 'malformed') return undefined;
  if (parsed.kind === 'file' || parsed.form === 'env' || !concealed) return text;
  return describeSegments(parsed.segments);
}

function describeSegments(segments: readonly ReferenceSegment[]): string {
  return segments
    .map((segment) => {
      if (typeof segment === 'string') return ELISION;
      if (segment.fallback === undefined) return `\${${segment.name}}`;
      return `\${${segment.name}:-${describeSegments(segment.fallback)}}`;
    })
    .join('');
}

function parseVariable(name: string): ParsedText {
  if (NAME.test(name)) return { kind: 'variables', segments: [{ name }], form: 'env' };
  return { kind: 'malformed', reason: '"env:" needs the name of a variable: letters, digits and "_"' };
}

function parseFile(path: string): ParsedText {
  if (isAbsolute(path) && !path.startsWith('//')) return { kind: 'file', path };
  return { kind: 'malformed', reason: '"file:" needs an absolute path, such as file:/run/secrets/token' };
}

interface Scan {
  readonly text: string;
  at: number;
}

/** Segments up to the end of the text, or inside a fallback up to its closing brace. A string is the reason why not. */
function parseSegments(scan: Scan, nesting: number): readonly ReferenceSegment[] | string {
  if (nesting > MAX_NESTING) return `references are nested deeper than ${MAX_NESTING}`;
  const segments: ReferenceSegment[] = [];
  let literal = '';
  let braces = 0;
  const flush = () => {
    if (literal !== '') segments.push(literal);
    literal = '';
  };
  while (scan.at < scan.text.length) {
    const opening = openingAt(scan);
    if (opening !== undefined) {
      flush();
      const variable = parseVariableSegment(scan, opening, nesting);
      if (typeof variable === 'string') return variable;
      segments.push(variable);
      continue;
    }
    const character = scan.text.charAt(scan.at);
    if (nesting > 0 && character === '}' && braces === 0) {
      flush();
      return segments;
    }
    if (character === '{') braces += 1;
    if (character === '}') braces -= 1;
    literal += character;
    scan.at += 1;
  }
  flush();
  return nesting === 0 ? segments : 'a reference "${NAME:…" is not closed';
}

function openingAt(scan: Scan): RegExpExecArray | undefined {
  OPENING.lastIndex = scan.at;
  return OPENING.exec(scan.text) ?? undefined;
}

function parseVariableSegment(scan: Scan, opening: RegExpExecArray, nesting: number): VariableSegment | string {
  const [whole, name = '', end] = opening;
  scan.at += whole.length;
  if (end === '}') return { name };
  if (scan.text.charAt(scan.at) === '-') scan.at += 1;
  const fallback = parseSegments(scan, nesting + 1);
  if (typeof fallback === 'string') return fallback;
  scan.at += 1;
  return { name, fallback };
}
