import { encodeLiteral } from './percent-encode.ts';
import { readText, type Segment } from './text-template.ts';

/** Where the address of the service comes from. Never from an argument. */
export type UrlBase =
  /** The base URL of the connection. */
  | { readonly kind: 'connection' }
  /** A setting that holds a base URL. */
  | { readonly kind: 'config'; readonly key: string }
  /** Scheme and authority, where settings may name a part of the host. */
  | { readonly kind: 'origin'; readonly segments: readonly Segment[] };

/** A URL with slots. Literal parts are encoded already. */
export interface UrlTemplate {
  readonly base: UrlBase;
  /** Empty, or begins with a slash. */
  readonly path: readonly Segment[];
  /** The pairs between `?` and the end. One whose arguments are not given is left out. */
  readonly query: readonly (readonly Segment[])[];
}

/** A URL that was read, or why it cannot be. */
export type UrlReading =
  | { readonly ok: true; readonly url: UrlTemplate }
  | { readonly ok: false; readonly message: string; readonly hint: string };

const ORIGIN = /^https?:\/\/[^/?#]+/i;
const BASE_SETTING = /^\$\{[^}]*\}/;

/** Reads a URL: absolute, or `${config.base_url}/…`, or a path below the connection's base URL. */
export function readUrl(text: string): UrlReading {
  if (text.includes('#')) return refused('a URL of a request has no fragment', 'Leave out what stands behind the "#".');
  const start = ORIGIN.exec(text)?.[0] ?? BASE_SETTING.exec(text)?.[0] ?? '';
  const base = readBase(start);
  if (!base.ok) return base;
  const rest = text.slice(start.length);
  if (rest !== '' && !/^[/?]/.test(rest)) return refused(`"${text}" is neither a URL nor a path`, FORMS);
  const mark = rest.indexOf('?');
  const path = readParts(mark === -1 ? rest : rest.slice(0, mark));
  const pairs = mark === -1 ? [] : rest.slice(mark + 1).split('&');
  const query = pairs.filter((pair) => pair !== '').map(readParts);
  const failed = [path, ...query].find((part) => !part.ok);
  if (failed) return failed;
  if (path.ok && hasDotSegment(path.segments))
    return refused('the path has a "." or ".." in it', 'Write the path out.');
  return { ok: true, url: { base: base.base, path: segmentsOf(path), query: query.map(segmentsOf) } };
}

type Reading = ReturnType<typeof readText>;

function readBase(text: string): { readonly ok: true; readonly base: UrlBase } | Extract<UrlReading, { ok: false }> {
  if (text === '') return { ok: true, base: { kind: 'connection' } };
  const reading = readText(text);
  if (!reading.ok) return reading;
  const { segments } = reading;
  if (segments.some(({ kind }) => kind === 'argument')) {
    return refused('an argument may not choose the host', `Use a setting of the pack: \${config.base_url}.`);
  }
  if (text.includes('@')) return refused('the URL has a user name or password in it', 'Use auth: instead.');
  const [only] = segments;
  if (segments.length === 1 && only?.kind === 'config') return { ok: true, base: only };
  return { ok: true, base: { kind: 'origin', segments } };
}

function readParts(text: string): Reading {
  const reading = readText(text);
  if (!reading.ok) return reading;
  const segments = reading.segments.map((segment) =>
    segment.kind === 'literal' ? { ...segment, text: encodeLiteral(segment.text) } : segment,
  );
  return { ok: true, segments };
}

function segmentsOf(reading: Reading): readonly Segment[] {
  return reading.ok ? reading.segments : [];
}

function hasDotSegment(segments: readonly Segment[]): boolean {
  const shape = segments.map((segment) => (segment.kind === 'literal' ? segment.text : '{}')).join('');
  return shape.split('/').some(isDotSegment);
}

/** Whether a piece of a path means "here" or "one up", also where it is encoded (RFC 3986, sections 3.3 and 6.2.2.2). */
export function isDotSegment(piece: string): boolean {
  return /^(?:\.|%2e){1,2}$/i.test(piece);
}

const FORMS = `Write https://…, \${config.base_url}/…, or a path that begins with "/" below the URL of the connection.`;

function refused(message: string, hint: string): Extract<UrlReading, { ok: false }> {
  return { ok: false, message, hint };
}
