const LEFT_BY_BUILT_IN = /[!'()*]/g;
const NOT_IN_URLS = /[^\x21-\x7e]+|["<>\\^`{|}]/gu;

/**
 * Percent-encodes everything but the unreserved characters of RFC 3986, section 2.3.
 * @throws URIError for text with half a surrogate pair.
 */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    LEFT_BY_BUILT_IN,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Encodes what may not stand in a URL at all, and leaves everything else, also what is encoded already. */
export function encodeLiteral(text: string): string {
  return text.toWellFormed().replaceAll(NOT_IN_URLS, encodeURIComponent);
}
