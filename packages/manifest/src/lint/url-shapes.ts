/** A URL in a text. */
export interface UrlShape {
  /** Scheme, host and port: without a user's name and password. */
  readonly url: string;
  readonly start: number;
  readonly host: string;
}

const URL_FORM =
  /\b(?<scheme>https?|wss?):\/\/(?:[^\s/@'"`<>]*@)?(?<host>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?<port>:\d+)?/gi;
/** Names that nobody can own (RFC 2606, RFC 6761), and namespaces that only look like addresses. */
const NO_PLACE = /(?:^|\.)(?:example|example\.(?:com|net|org)|test|invalid)$|^(?:www\.w3\.org|json-schema\.org)$/i;

/** Finds addresses in a text whose host is neither made up nor declared under `egress`. */
export function urlsIn(text: string, egress: readonly string[]): readonly UrlShape[] {
  const found: UrlShape[] = [];
  for (const match of text.matchAll(URL_FORM)) {
    const { scheme = '', host = '', port = '' } = match.groups ?? {};
    if (NO_PLACE.test(host) || egress.some((allowed) => isCovered(host, allowed))) continue;
    found.push({ url: `${scheme}://${host}${port}`, start: match.index, host });
  }
  return found;
}

function isCovered(host: string, allowed: string): boolean {
  const name = allowed.replace(/:\d+$/, '').toLowerCase();
  return name.startsWith('*.') ? host.toLowerCase().endsWith(name.slice(1)) : host.toLowerCase() === name;
}
