import type { NamedValue } from '../backend/http-backend.ts';
import { percentEncode } from '../template/percent-encode.ts';
import { fillValue, type Scope, sourceOf, textOf } from '../template/value-template.ts';
import { argumentError } from './call-scope.ts';

/** What a header may hold (RFC 9110, section 5.5): no line break ever gets in. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Names and values in turn. A header without a value is left out. */
export function writeHeaders(headers: readonly NamedValue[], scope: Scope): readonly string[] {
  return headers.flatMap(({ name, value, fallback }) => {
    const filled = fillValue(value, scope) ?? fallback;
    if (filled === undefined || filled === null) return [];
    const text = textOf(filled).trim();
    if (!FIELD_VALUE.test(text)) throw argumentError(sourceOf(value, name), 'has a character that no header can carry');
    return [name, text];
  });
}

/** The pairs of the `Cookie` header (RFC 6265, section 4.2.1). */
export function writeCookies(cookies: readonly NamedValue[], scope: Scope): readonly string[] {
  return cookies.flatMap(({ name, value, fallback }) => {
    const filled = fillValue(value, scope) ?? fallback;
    if (filled === undefined || filled === null) return [];
    const text = textOf(filled);
    if (!text.isWellFormed()) throw argumentError(sourceOf(value, name), 'is no well-formed text');
    return [`${percentEncode(name)}=${percentEncode(text)}`];
  });
}
